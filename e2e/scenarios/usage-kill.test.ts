import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeApi } from '../support/api.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'

/** Everything dies right after an answer; every answered call is in the tenant's usage, and none is in it twice. */
const dataDir = temporaryDataDir()
const ROUNDS = 3
const CALLS = 40

let platform: Platform

beforeAll(async () => {
  platform = await startPlatform({ dataDir })
})
afterAll(async () => {
  await platform?.stop()
  removeDataDir(dataDir)
})

it(`SIGKILL right after an answer, ${ROUNDS} times: usage has every answered call, once`, async () => {
  const admin = () => makeApi(platform.ready.apiUrl, platform.ready.adminKey)
  const tenantId = (await admin().post('/v1/tenants', { name: 'Counted' })).id
  const { key } = await admin().post(`/v1/tenants/${tenantId}/keys`, { name: 'e2e', mode: 'test', scopes: ['*'] })
  // Of four functions; two of them are refusals.
  const paths = ['/v1/tenant', '/v1/limits', '/v1/messages/msg_unknown', '/v1/operations/op_unknown']
  let answered = 0
  for (let round = 0; round < ROUNDS; round++) {
    for (let call = 0; call < CALLS / paths.length; call++) {
      const answers = await Promise.all(
        paths.map((path) => fetch(`${platform.ready.apiUrl}${path}`, { headers: { Authorization: `Bearer ${key}` } })),
      )
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 404])
      answered += answers.length
    }
    await platform.kill()
    platform = await startPlatform({ dataDir })
    const { data } = await admin().get(`/v1/tenants/${tenantId}/usage?mode=test`)
    const counted = data.reduce((sum: number, { apiCalls }: { apiCalls: number }) => sum + apiCalls, 0)
    expect(counted).toBe(answered)
  }
  expect(answered).toBe(ROUNDS * CALLS)
}, 240_000)
