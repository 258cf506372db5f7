import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../../shared/core/ids.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { Messages } from '../../../shared/store/messages.ts'
import { makeDocumentClient } from '../../../shared/store/table.ts'
import { openTables, type Tables } from '../../../shared/store/tables.ts'
import { Workers } from '../../../shared/store/workers.ts'
import { startTestFleet, type TestFleet } from '../test-fleet.ts'

const RUNS = Number(process.env.SCHEDULES ?? 25)
const CONTACT = '5511988887777'
let fleet: TestFleet

beforeAll(async () => {
  fleet = await startTestFleet()
})
afterAll(() => fleet.stop())

/** Tables whose calls leave in the order that the scheduler says. */
const scheduledTables = (scheduler: fc.Scheduler, actor: string): Tables => {
  const client = makeDocumentClient()
  client.middlewareStack.add(
    (next, context) => async (args) => {
      await scheduler.schedule(Promise.resolve(), `${actor}: ${context.commandName}`)
      return next(args)
    },
    { step: 'initialize', name: 'scheduled' },
  )
  return openTables(client)
}

const register = async (capacity: number) => {
  const workers = new Workers(openTables())
  const id = newId('wrk')
  const queueUrl = `queue/${id}`
  const common = { id, incarnation: 1, taskArn: null, version: 'test', capacity }
  const base = { v: 1, mode: 'test', used: 0, queueUrl: null, rssBytes: null, replaying: null } as const
  await workers.register({
    ...base,
    ...common,
    status: 'STARTING',
    heartbeat: { counter: 0, at: Date.now() },
    createdAt: Date.now(),
  })
  await workers.activate({ ...common, queueUrl, now: Date.now() })
  return { id, queueUrl }
}

describe('whatever the order in which their calls arrive', () => {
  test('allocators that race for sessions and slots: one owner each, epochs grow by one, no worker above its capacity', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const workers = [await register(1), await register(2)]
        const sessions = [await fleet.createSession(null), await fleet.createSession(null)]
        const races = [0, 1, 2].flatMap((actor) =>
          sessions.map(async (sessionId, index) => {
            const leases = new Leases(scheduledTables(scheduler, `allocator ${actor}`), fleet.scope)
            const lease = await leases.get(sessionId)
            const { id: workerId, queueUrl } = workers[(actor + index) % 2]!
            if (lease) return leases.assign(lease, { workerId, incarnation: 1, queueUrl })
          }),
        )
        const outcomes = await scheduler.waitFor(Promise.all(races))
        for (const [index, sessionId] of sessions.entries()) {
          const lease = await fleet.leases.get(sessionId)
          const wins = outcomes.filter((one, at) => at % 2 === index && one?.outcome === 'assigned')
          expect(lease?.epoch).toBe(wins.length)
          const holders = await Promise.all(workers.map(({ id }) => fleet.workers.readAssigned(id, 1)))
          expect(holders.flat().filter((row) => row.sessionId === sessionId)).toHaveLength(wins.length > 0 ? 1 : 0)
        }
        for (const { id } of workers) {
          const row = await fleet.workers.get(id)
          expect(row?.used).toBe((await fleet.workers.readAssigned(id, 1)).length)
          expect(row?.used).toBeLessThanOrEqual(row?.capacity ?? 0)
        }
      }),
      { numRuns: RUNS },
    )
  })

  test('owners of several epochs that claim and settle: the newest claim stands, an older one never settles over it', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const sessionId = await fleet.createSession(null)
        const message = await fleet.accept(sessionId, CONTACT, 'raced', {}, Date.now(), false)
        const owners = [1, 2, 3].flatMap((epoch) =>
          ['a', 'b'].map(async (token) => {
            const messages = new Messages(scheduledTables(scheduler, `epoch ${epoch} ${token}`), fleet.scope)
            const claim = await messages.claim(message.id, { epoch, claimToken: `${epoch}${token}` })
            return claim.outcome === 'claimed' ? `${epoch}${token}` : null
          }),
        )
        const claimed = (await scheduler.waitFor(Promise.all(owners))).filter((token) => token !== null)
        const row = await fleet.messages.get(message.id)
        // Each epoch has one winner at most, and the last claim is the highest that was made.
        expect(new Set(claimed.map(([epoch]) => epoch)).size).toBe(claimed.length)
        expect(claimed.length).toBeGreaterThan(0)
        expect(row?.claimToken).toBe([...claimed].sort().at(-1))
        expect(row).toMatchObject({ status: 'sending', epoch: 3, attempts: claimed.length })
      }),
      { numRuns: RUNS },
    )
  })

  test('accepting while the session is taken over: the API sees the new owner, or the new owner sees the message', {
    timeout: 120_000,
  }, async () => {
    const [first, second] = [await register(1_000), await register(1_000)]
    const seenBy = { api: 0, owner: 0 }
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const sessionId = await fleet.createSession(null)
        await fleet.leases.assign((await fleet.leases.get(sessionId))!, candidate(first))
        const accept = (async () => {
          const tables = scheduledTables(scheduler, 'api')
          const template = await fleet.accept(sessionId, CONTACT, 'template', {}, Date.now(), false)
          const row = { ...template, id: newId('msg') }
          await new Messages(tables, fleet.scope).accept(row, Date.now())
          return { id: row.id, read: await new Leases(tables, fleet.scope).get(sessionId) }
        })()
        const takeOver = (async () => {
          const tables = scheduledTables(scheduler, 'owner')
          const leases = new Leases(tables, fleet.scope)
          await leases.assign((await leases.get(sessionId))!, candidate(second))
          return (await new Messages(tables, fleet.scope).listOpen(sessionId, { limit: 10 })).rows
        })()
        const [{ id, read }, open] = await scheduler.waitFor(Promise.all([accept, takeOver]))
        const apiSees = read?.queueUrl === second.queueUrl
        const ownerSees = open.some(({ messageId }) => messageId === id)
        if (apiSees) seenBy.api++
        if (ownerSees) seenBy.owner++
        expect(apiSees || ownerSees).toBe(true)
      }),
      { numRuns: RUNS * 2 },
    )
    // Otherwise the schedules were all of one kind and prove nothing.
    expect(seenBy.api).toBeGreaterThan(0)
    expect(seenBy.owner).toBeGreaterThan(0)
  })
})

const candidate = ({ id, queueUrl }: { id: string; queueUrl: string }) => ({ workerId: id, incarnation: 1, queueUrl })
