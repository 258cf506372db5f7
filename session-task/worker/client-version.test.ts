import { afterAll, beforeAll, expect, test } from 'vitest'
import { BUNDLED_VERSION, isHeld, withVersion } from '../../shared/core/client-version.ts'
import { ClientVersions } from '../../shared/store/client-versions.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import { openConnection } from '../whatsapp/open-connection.ts'

let fleet: TestFleet
const NEWER = '2.3000.1050000000'

beforeAll(async () => {
  fleet = await startTestFleet()
})
afterAll(async () => {
  await fleet.stop()
})

test('a refused version stops the connects of all workers; a newer one that an operator sets lets them go on', async () => {
  const versions = new ClientVersions(fleet.tables)
  const announced: string[] = []
  const options = {
    openConnection: (connection: Parameters<typeof openConnection>[0]) => {
      announced.push(connection.version?.join('.') ?? 'none')
      return openConnection(connection)
    },
  }
  const [one, two] = [await fleet.startWorker(options), await fleet.startWorker(options)]
  const phones = [1, 2, 3, 4, 5, 6].map((digit) => `551190000700${digit}`)
  const sessions: string[] = []
  for (const [index, phone] of phones.entries()) sessions.push(await fleet.linkSession(index % 2 ? two : one, phone))
  expect(new Set(announced)).toEqual(new Set([BUNDLED_VERSION]))

  await fleet.simulator.settings({ minimumBuild: 1_050_000_000 })
  announced.length = 0
  // Two sessions of each worker: neither of them alone has seen enough to stop.
  for (const phone of phones.slice(0, 4)) await fleet.simulator.fault({ kind: 'drop', phone })
  await until('the breaker is open', async () => isHeld(await versions.get('test'), BUNDLED_VERSION))
  expect(announced).toHaveLength(4)
  // The others hear of it from the row, before their next connect.
  for (const phone of phones.slice(4)) await fleet.simulator.fault({ kind: 'drop', phone })
  for (const id of sessions.slice(4)) await fleet.untilStatus(id, 'reconnecting')
  await Promise.all([one.beat(), two.beat()])
  await until('they wait', async () => {
    const rows = await Promise.all(sessions.map((id) => fleet.sessions.get(id)))
    return rows.every((row) => row?.status === 'reconnecting')
  })
  const attempts = announced.length
  await Promise.all([one.beat(), two.beat()])
  expect(announced).toHaveLength(attempts)

  const { before } = await versions.change('test', (row) => withVersion(row, NEWER), Date.now())
  expect(before.refused).toMatchObject([{ version: BUNDLED_VERSION, heldUntil: expect.any(Number) }])
  for (const id of sessions) await fleet.untilStatus(id, 'connected')
  expect(announced.slice(attempts).toSorted()).toEqual(sessions.map(() => NEWER))
  expect(isHeld(await versions.get('test'), NEWER)).toBe(false)
  for (const id of sessions.slice(0, 4)) {
    const said = (await fleet.readEvents(id)).filter(({ type }) => type === 'session.disconnected')
    expect(said).toHaveLength(1)
  }
}, 60_000)
