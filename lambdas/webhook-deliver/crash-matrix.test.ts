import pino from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../shared/core/ids.ts'
import { type PipelineHint, scopeOf } from '../../shared/events/queue-envelopes.ts'
import { EndpointHealths } from '../../shared/store/endpoint-health.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import type { EventRef } from '../../shared/store/events.ts'
import { sumMinuteCounts } from '../../shared/store/minute-counts.ts'
import type { DeliveryRow } from '../../shared/store/rows/webhook.ts'
import { makeDocumentClient } from '../../shared/store/table.ts'
import { openTables, type Tables } from '../../shared/store/tables.ts'
import { MinuteCounter } from '../../shared/usage/minute-counter.ts'
import { republishUnfannedEvents } from '../sweeper/operations/republish-unfanned-events.ts'
import { requeueDueDeliveries } from '../sweeper/operations/requeue-due-deliveries.ts'
import { wakeEndpoints } from '../sweeper/operations/wake-endpoints.ts'
import { fanOutEvent } from '../webhook-fanout/fan-out-event.ts'
import { deliver } from './deliver.ts'
import type { DeliverDependencies } from './dependencies.ts'
import { runReplay } from './run-replay.ts'
import { type Pipeline, startPipeline } from './testing/pipeline.ts'
import { wakeEndpoint } from './wake-endpoint.ts'

/**
 * The n-th call to anything outside (DynamoDB, queue, bus, receiver) fails before or after its effect: the process dies
 * there. Then only rows and the sweeper are left: the queue forgets everything it held.
 */
interface Bomb {
  at: number
  when: 'before' | 'after'
  calls: number
  went: boolean
  /** which calls it counts */
  counts: (call: string) => boolean
}
class Killed extends Error {}

let pipeline: Pipeline
let tables: Tables
let bomb: Bomb | null = null

const around = async <T>(call: () => Promise<T>, name = ''): Promise<T> => {
  const mine = bomb
  if (!mine) return call()
  if (mine.went) throw new Killed('the process is dead')
  const isNow = mine.counts(name) && ++mine.calls === mine.at
  if (isNow) mine.went = true
  if (isNow && mine.when === 'before') throw new Killed('killed before the call')
  const result = await call()
  if (isNow) throw new Killed('killed after the call')
  return result
}

beforeAll(async () => {
  pipeline = await startPipeline()
  const client = makeDocumentClient()
  const name = 'bomb'
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) =>
        around(() => next(args), commandName),
    { step: 'initialize', name },
  )
  tables = openTables(client)
})
afterAll(async () => {
  tables.client.destroy()
  await pipeline.stop()
})
beforeEach(() => {
  pipeline.reset()
  bomb = null
})

/** What a process counted and did not write goes with it. */
const newCounter = () => new MinuteCounter({ tables, log: pino({ level: 'silent' }), what: 'webhookAttempts' })

/** The same pipeline with every outside call behind the bomb. */
const fragile = (counter = newCounter()): DeliverDependencies => ({
  ...pipeline.dependencies,
  tables,
  count: (scope, now) => counter.count(scope, now),
  post: (input) => around(() => pipeline.dependencies.post(input)),
  enqueue: (hint, delay) => around(async () => pipeline.enqueue(hint, delay)),
  publish: (events) => around(async () => pipeline.dependencies.publish(events)),
})
const handleFragile = (hint: PipelineHint): Promise<unknown> => {
  const scope = scopeOf(hint)
  if (!('kind' in hint)) return deliver(fragile(), scope, hint)
  return hint.kind === 'wake' ? wakeEndpoint(fragile(), scope, hint) : runReplay(fragile(), scope, hint)
}

/** Runs with the bomb; a batch item that fails is not acknowledged, but here its queue message is lost too. */
const withBomb = async (
  at: number,
  when: Bomb['when'],
  work: () => Promise<unknown>,
  counts: Bomb['counts'] = () => true,
): Promise<boolean> => {
  bomb = { at, when, calls: 0, went: false, counts }
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Killed)) throw error
  }
  const { went } = bomb
  bomb = null
  return went
}

/** Rows and sweeper only: what a lost queue leaves. */
const heal = async (): Promise<void> => {
  pipeline.state.queue = []
  for (let minute = 0; minute < 3; minute++) {
    pipeline.state.now += 61_000
    const { now, scope } = pipeline.state
    const own = (hint: { tenantId: string }) => hint.tenantId === scope.tenantId
    const refs: EventRef[] = []
    const sink = { publish: async (found: readonly EventRef[]) => found.filter((ref) => refs.push(ref) === 0) }
    await republishUnfannedEvents(pipeline.tables, sink, now)
    for (const ref of refs.filter(own)) await pipeline.fanOut(ref)
    const ring = async (hints: readonly PipelineHint[]) => hints.filter(own).map((hint) => pipeline.enqueue(hint, 0))
    await requeueDueDeliveries(pipeline.tables, ring, now)
    await wakeEndpoints(pipeline.tables, ring, now)
    await pipeline.drain()
  }
}

const received = () => pipeline.state.received.map((got) => String(got.headers['webhook-id']))

const casesOf = new Map<string, number>()
afterAll(() => {
  for (const [name, cases] of casesOf) console.log(`${String(cases).padStart(4)} kills: ${name}`)
  console.log(`${String([...casesOf.values()].reduce((sum, cases) => sum + cases, 0)).padStart(4)} kills in all`)
})

/** Kills at every call until the work is over before the bomb goes off. @returns how many places were hit */
const everywhere = async (scenario: (at: number, when: Bomb['when']) => Promise<boolean>): Promise<number> => {
  let hits = 0
  const name = expect.getState().currentTestName?.split(' > ').at(-1) ?? ''
  for (const when of ['before', 'after'] as const)
    for (let at = 1; ; at++) {
      pipeline.reset()
      if (!(await scenario(at, when))) break
      hits++
    }
  casesOf.set(name, hits)
  return hits
}

describe('killed at the n-th outside call, before or after its effect', () => {
  it('fan-out: every event reaches every endpoint once', async () => {
    const hits = await everywhere(async (at, when) => {
      const endpoints = [await pipeline.endpoint(), await pipeline.endpoint()]
      const ref = await pipeline.writeEvent()
      const went = await withBomb(at, when, () =>
        fanOutEvent(
          {
            tables,
            tenantKeys: pipeline.tenantKeys,
            now: () => pipeline.state.now,
            enqueue: (hints) => around(async () => hints.map((hint) => pipeline.enqueue(hint, 0))),
          },
          pipeline.state.scope,
          ref,
        ),
      )
      await heal()
      expect(received()).toEqual([ref.eventId, ref.eventId])
      for (const id of endpoints) expect(await pipeline.ledger(id)).toMatchObject([{ status: 'delivered' }])
      return went
    })
    expect(hits).toBeGreaterThan(8)
  }, 180_000)

  it('deliver: delivered in the end; a second POST has the same webhook-id, and there is at most one extra', async () => {
    const hits = await everywhere(async (at, when) => {
      const endpointId = await pipeline.endpoint()
      const ref = await pipeline.writeEvent()
      await pipeline.fanOut(ref)
      const { hint } = pipeline.state.queue.shift()!
      const went = await withBomb(at, when, () => handleFragile(hint))
      await heal()
      expect(await pipeline.ledger(endpointId)).toMatchObject([{ status: 'delivered' }])
      expect(received().length).toBeLessThanOrEqual(2)
      expect(new Set(received())).toEqual(new Set([ref.eventId]))
      return went
    })
    expect(hits).toBeGreaterThan(12)
  }, 180_000)

  it('no POST leaves that is not counted, and no attempt is counted twice', async () => {
    const hits = await everywhere(async (at, when) => {
      const endpointId = await pipeline.endpoint()
      await pipeline.fanOut(await pipeline.writeEvent())
      const { hint } = pipeline.state.queue.shift()!
      const startedAt = pipeline.state.now
      const went = await withBomb(at, when, () => handleFragile(hint))
      await heal()
      const [row] = await pipeline.ledger(endpointId)
      const { now, scope, received: posts } = pipeline.state
      const days = new Set([startedAt, now].map((time) => new Date(time).toISOString().slice(0, 10)))
      let counted = 0
      for (const day of days) counted += await sumMinuteCounts(pipeline.tables, 'webhookAttempts', scope, day, now)
      expect(counted).toBeGreaterThanOrEqual(posts.length)
      // A claim that died before its POST may be counted or not; nothing else differs.
      expect(counted).toBeLessThanOrEqual(row!.attempts)
      return went
    })
    expect(hits).toBeGreaterThan(12)
  }, 180_000)

  it('deliver to a failing receiver that heals: delivered in the end', async () => {
    const hits = await everywhere(async (at, when) => {
      const endpointId = await pipeline.endpoint()
      await pipeline.fanOut(await pipeline.writeEvent())
      const { hint } = pipeline.state.queue.shift()!
      pipeline.answerWith(500)
      const went = await withBomb(at, when, () => handleFragile(hint))
      pipeline.answerWith(200)
      await heal()
      expect(await pipeline.ledger(endpointId)).toMatchObject([{ status: 'delivered' }])
      return went
    })
    expect(hits).toBeGreaterThan(12)
  }, 180_000)

  it('deliver in order: all delivered, first posts by sequence', async () => {
    const hits = await everywhere(async (at, when) => {
      const endpointId = await pipeline.endpoint({ ordering: 'session', orderedSince: pipeline.state.now - 1 })
      const sessionId = newId('ses')
      const refs = []
      for (const sequence of [1, 2]) refs.push(await pipeline.writeEvent({ sessionId, sequence }))
      for (const ref of refs.reverse()) await pipeline.fanOut(ref)
      const [second, first] = pipeline.state.queue.splice(0)
      const went = await withBomb(at, when, async () => {
        await handleFragile(second!.hint)
        await handleFragile(first!.hint)
      })
      await heal()
      expect((await pipeline.ledger(endpointId)).map((row) => row.status)).toEqual(['delivered', 'delivered'])
      const posted = pipeline.state.received.map((got) => JSON.parse(got.body).sequence)
      expect([...new Set(posted)]).toEqual([1, 2])
      return went
    })
    expect(hits).toBeGreaterThan(20)
  }, 180_000)

  it('control: a delivery that is acknowledged before it is recorded is found lost', async () => {
    const endpointId = await pipeline.endpoint()
    await pipeline.fanOut(await pipeline.writeEvent())
    const { hint } = pipeline.state.queue.shift()!
    // The planted bug: the claim never ends, as if the lease were forgotten.
    const forgetful: DeliverDependencies = {
      ...pipeline.dependencies,
      now: () => pipeline.state.now + 86_400_000,
      post: async () => Promise.reject(new Killed('killed at the POST')),
    }
    await expect(deliver(forgetful, scopeOf(hint), hint as Parameters<typeof deliver>[2])).rejects.toThrow(Killed)
    await heal()
    expect((await pipeline.ledger(endpointId)).map((row) => row.status)).not.toEqual(['delivered'])
  })

  it('the last attempt of a delivery: exhausted and its event are both there or the attempt comes again', async () => {
    const hits = await everywhere(async (at, when) => {
      const endpointId = await pipeline.endpoint({ retry: 'none' })
      const other = await pipeline.endpoint({
        events: ['delivery.exhausted'],
        url: pipeline.url.replace('/hook', '/ops'),
      })
      await pipeline.fanOut(await pipeline.writeEvent())
      const { hint } = pipeline.state.queue.shift()!
      pipeline.state.answer = (got, response) => void response.writeHead(got.path === '/ops' ? 200 : 500).end()
      const went = await withBomb(at, when, () => handleFragile(hint))
      await heal()
      expect(await pipeline.ledger(endpointId)).toMatchObject([{ status: 'exhausted' }])
      expect(await pipeline.ledger(other)).toMatchObject([{ status: 'delivered', eventType: 'delivery.exhausted' }])
      return went
    })
    expect(hits).toBeGreaterThan(12)
  }, 180_000)

  it('release after a pause: every held delivery goes out, none twice under another id', async () => {
    const hits = await everywhere(async (at, when) => {
      const { scope } = pipeline.state
      const endpointId = await pipeline.endpoint({ status: 'paused' })
      const sessionId = newId('ses')
      for (const sequence of [1, 2, 3]) await pipeline.fanOut(await pipeline.writeEvent({ sessionId, sequence }))
      await new Endpoints(pipeline.tables, scope).update(endpointId, { status: 'active' })
      await new EndpointHealths(pipeline.tables, scope).change(endpointId, (health) => ({
        ...health,
        releaseSince: pipeline.state.now,
      }))
      const hint = { v: 1, kind: 'wake', tenantId: scope.tenantId, mode: 'test', endpointId } as const
      const went = await withBomb(at, when, () => handleFragile(hint))
      await heal()
      expect((await pipeline.ledger(endpointId)).map((row) => row.status)).toEqual(Array(3).fill('delivered'))
      expect(received()).toHaveLength(3)
      return went
    })
    expect(hits).toBeGreaterThan(12)
  }, 180_000)

  it.each(['failed', 'held', 'missed', 'all'] as const)(
    'replay of %s: each event goes once more, not twice; the job completes',
    async (select) => {
      const hits = await everywhere(async (at, when) => {
        const sessionId = await pipeline.writeSession()
        const refs = []
        for (const sequence of [1, 2]) refs.push(await pipeline.writeEvent({ sessionId, sequence }))
        // Missed: nobody wanted them yet.
        if (select === 'missed') for (const ref of refs) await pipeline.fanOut(ref)
        const endpointId = await pipeline.endpoint({ status: select === 'held' ? 'paused' : 'active' })
        if (select !== 'missed') for (const ref of refs) await pipeline.fanOut(ref)
        await pipeline.drain()
        if (select === 'failed') for (const row of await pipeline.ledger(endpointId)) await exhaust(row)
        if (select === 'held')
          await new Endpoints(pipeline.tables, pipeline.state.scope).update(endpointId, { status: 'active' })
        pipeline.state.received = []
        const { hint, read } = await pipeline.writeReplay(endpointId, select)
        const went = await withBomb(at, when, async () => {
          await handleFragile(hint)
          // The pages after the first one: the queue gives them out.
          for (let job = nextPage(); job; job = nextPage()) await handleFragile(job)
        })
        await heal()
        expect(await read()).toMatchObject({ status: 'completed' })
        expect(received().sort()).toEqual(refs.map(({ eventId }) => eventId).sort())
        // The generation of the replay stands beside the one that was exhausted.
        for (const { eventId } of refs)
          expect(
            (await pipeline.ledger(endpointId)).filter((row) => row.eventId === eventId).map((row) => row.status),
          ).toContain('delivered')
        return went
      })
      expect(hits).toBeGreaterThan(10)
    },
    180_000,
  )

  it('sweeper: what it should find is found by the next one', async () => {
    const hits = await everywhere(async (at, when) => {
      const endpointId = await pipeline.endpoint()
      const refs = [await pipeline.writeEvent(), await pipeline.writeEvent()]
      // One is not fanned out, of the other the ring is lost.
      await pipeline.fanOut(refs[0]!)
      pipeline.state.queue = []
      pipeline.state.now += 31_000
      const { now, scope } = pipeline.state
      const own = (hint: { tenantId: string }) => hint.tenantId === scope.tenantId
      const found: EventRef[] = []
      const ring = (hints: readonly PipelineHint[]) =>
        around(async () => void hints.filter(own).map((hint) => pipeline.enqueue(hint, 0)))
      const publish = async (events: readonly EventRef[]) => {
        found.push(...events)
        return []
      }
      const sink = { publish: (events: readonly EventRef[]) => around(() => publish(events)) }
      const went = await withBomb(
        at,
        when,
        async () => {
          await republishUnfannedEvents(tables, sink, now)
          await requeueDueDeliveries(tables, ring, now)
          await wakeEndpoints(tables, ring, now)
        },
        // One query per shard, all alike: a hundred kills that say the same.
        (call) => call !== 'QueryCommand',
      )
      // What it had put into queue and bus before it died is still there, and the next sweep finds some of it again.
      for (const ref of found.filter(own)) await pipeline.fanOut(ref)
      await pipeline.drain()
      await heal()
      expect((await pipeline.ledger(endpointId)).map((row) => row.status)).toEqual(['delivered', 'delivered'])
      expect(received().sort()).toEqual(refs.map(({ eventId }) => eventId).sort())
      return went
    })
    expect(hits).toBeGreaterThan(6)
  }, 180_000)
})

const nextPage = (): PipelineHint | undefined => {
  const at = pipeline.state.queue.findIndex(({ hint }) => 'kind' in hint && hint.kind === 'replay')
  return at === -1 ? undefined : pipeline.state.queue.splice(at, 1)[0]!.hint
}

const exhaust = ({ day, endpointId, eventId }: DeliveryRow) =>
  pipeline.tables.messages.update(
    { pk: `${pipeline.state.scope.prefix}WH#${endpointId}#${day}`, sk: `${eventId}#001` },
    { expression: 'SET #status = :exhausted', values: { ':exhausted': 'exhausted' } },
  )
