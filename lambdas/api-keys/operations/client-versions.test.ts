import { afterAll, beforeAll, expect, test } from 'vitest'
import { afterRefusal } from '../../../shared/core/client-version.ts'
import { ClientVersions } from '../../../shared/store/client-versions.ts'
import { openTables } from '../../../shared/store/tables.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.stop())

const PATH = '/v1/admin/whatsapp-version/live'
const asAdmin = (method: string, path: string, body?: unknown) => api.call(api.adminKey, method, path, { body })

test('an operator sets the WhatsApp version of a mode; the breaker of a version that is set again is closed', async () => {
  expect((await asAdmin('GET', PATH)).body).toEqual({ mode: 'live', version: null, setAt: null, refused: [] })
  const set = await asAdmin('PUT', PATH, { version: '2.3000.1050000001' })
  expect(set).toMatchObject({ status: 200, body: { version: '2.3000.1050000001', refused: [] } })
  const versions = new ClientVersions(openTables())
  for (const sessionId of ['a', 'b', 'c', 'd'])
    await versions.change('live', (row) =>
      afterRefusal(row, { version: '2.3000.1050000001', sessionId, now: Date.now() }),
    )
  const held = (await asAdmin('GET', PATH)).body
  expect(held).toMatchObject({
    setAt: set.body.setAt,
    refused: [{ version: '2.3000.1050000001', sessions: 4, heldUntil: expect.any(String) }],
  })
  expect((await asAdmin('PUT', PATH, { version: '2.3000.1050000001' })).body.refused).toEqual([])
  expect((await asAdmin('PUT', PATH, { version: null })).body.version).toBeNull()
  expect((await asAdmin('GET', '/v1/admin/whatsapp-version/test')).body.setAt).toBeNull()
})

test.each(['latest', '2.3000.105', '2.3000.10500000010', '2.2412.1050000001', 5, undefined])(
  'a bad version is refused and nothing is written: %j',
  async (version) => {
    const before = (await asAdmin('GET', PATH)).body
    const answer = await asAdmin('PUT', PATH, { version })
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } })
    expect((await asAdmin('GET', PATH)).body).toEqual(before)
  },
)

test('a tenant key may neither read nor set it', async () => {
  const { key } = await api.newTenant()
  expect((await api.call(key, 'GET', PATH, {})).status).toBe(403)
  expect((await api.call(key, 'PUT', PATH, { body: { version: null } })).status).toBe(403)
})
