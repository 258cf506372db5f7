import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestCloud } from '../../local/cloud/testing/cloud.ts'
import { type ClientVersion, NO_CLIENT_VERSION } from '../../shared/core/client-version.ts'
import { ClientVersions } from '../../shared/store/client-versions.ts'
import { openTables } from '../../shared/store/tables.ts'
import { quietLog } from '../auth-log/testing/open-memory-log.ts'
import { until } from '../testing/test-fleet.ts'
import { VersionGuard } from './version-guard.ts'

const OWN = [2, 3000, 1_043_857_760] as const
const VERSION = OWN.join('.')
let cloud: Awaited<ReturnType<typeof startTestCloud>>
let versions: ClientVersions

beforeAll(async () => {
  cloud = await startTestCloud()
  cloud.apply()
  versions = new ClientVersions(openTables())
})
afterAll(() => cloud.stop())
beforeEach(() => store(NO_CLIENT_VERSION))

const store = (row: ClientVersion) => versions.change('live', () => ({ ...row }))
const held = (heldUntil: number, version: string | null = null): ClientVersion => ({
  version,
  refused: [{ version: VERSION, sessions: [], heldUntil }],
})
const openGuard = async (store = versions) => {
  const guard = new VersionGuard({ versions: store, mode: 'live', own: OWN, log: quietLog })
  await guard.refresh()
  return guard
}

test('when the hold ends one session of all workers probes, the others wait for what it hears', async () => {
  await store(held(Date.now() - 1))
  const guards = await Promise.all([openGuard(), openGuard()])
  const holds = await Promise.all(Array.from({ length: 10 }, (_, index) => guards[index % 2]?.holdMs() ?? 0))
  expect(holds.filter((ms) => ms === 0)).toHaveLength(1)
  for (const ms of holds) if (ms !== 0) expect(ms).toBeGreaterThan(290_000)

  const heard = guards.map((guard) => new Promise<void>((resolve) => guard.whenReleased(resolve)))
  guards[0]?.onAccepted(OWN)
  await until('the row is free', async () => (await versions.get('live')).refused.length === 0)
  await guards[1]?.refresh()
  await Promise.all(heard)
  expect(await Promise.all(guards.map((guard) => guard.holdMs()))).toEqual([0, 0])
})

test('refusals are counted over workers: two of each are four', async () => {
  const guards = [await openGuard(), await openGuard()]
  for (const [index, sessionId] of ['a', 'b', 'c'].entries()) guards[index % 2]?.onRefused(sessionId, OWN)
  await until('three are counted', async () => (await versions.get('live')).refused[0]?.sessions.length === 3)
  for (const guard of guards) expect(await guard.holdMs()).toBe(0)
  guards[1]?.onRefused('d', OWN)
  await until('nobody may go', async () => (await versions.get('live')).refused[0]?.heldUntil)
  await guards[0]?.refresh()
  for (const guard of guards) expect(await guard.holdMs()).toBeGreaterThan(290_000)
})

test('another version that is configured is taken at the next look, and lets those go that waited', async () => {
  await store(held(Date.now() + 200_000))
  const guard = await openGuard()
  let isReleased = false
  guard.whenReleased(() => {
    isReleased = true
  })
  const forget = guard.whenReleased(() => expect.unreachable('was taken back'))
  forget()
  await guard.refresh()
  expect([isReleased, guard.version]).toEqual([false, OWN])
  await store(held(Date.now() + 200_000, '2.3000.1050000000'))
  await guard.refresh()
  expect([isReleased, guard.version]).toEqual([true, [2, 3000, 1_050_000_000]])
  expect(await guard.holdMs()).toBe(0)
})

test('a row that is no version is not announced', async () => {
  await store({ version: 'latest', refused: [] })
  expect((await openGuard()).version).toEqual(OWN)
})

test('while the table is away the worker decides alone, with the same rules', async () => {
  const away = Object.assign(Object.create(versions) as ClientVersions, {
    get: () => Promise.reject(new Error('DynamoDB is away')),
    change: () => Promise.reject(new Error('DynamoDB is away')),
  })
  const guard = await openGuard(away)
  for (const sessionId of ['a', 'b', 'c']) guard.onRefused(sessionId, OWN)
  expect(await guard.holdMs()).toBe(0)
  guard.onRefused('d', OWN)
  expect(await guard.holdMs()).toBeGreaterThan(290_000)
})
