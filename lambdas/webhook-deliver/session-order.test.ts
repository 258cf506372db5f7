import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../shared/core/ids.ts'
import { EndpointHealths } from '../../shared/store/endpoint-health.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import type { EventRef } from '../../shared/store/events.ts'
import { BLOCK_MS } from './session-order.ts'
import { type Pipeline, startPipeline } from './testing/pipeline.ts'

let pipeline: Pipeline
beforeAll(async () => {
  pipeline = await startPipeline()
})
afterAll(() => pipeline.stop())
beforeEach(() => pipeline.reset())

const ordered = () => pipeline.endpoint({ ordering: 'session', orderedSince: pipeline.state.now - 1 })
const write = async (count: number, sessionId: string, type?: string): Promise<EventRef[]> => {
  const refs = []
  for (let sequence = 1; sequence <= count; sequence++)
    refs.push(await pipeline.writeEvent({ sessionId, sequence, ...(type ? { type } : {}) }))
  return refs
}
const received = (sessionId?: string): number[] =>
  pipeline.state.received
    .map(({ body }) => JSON.parse(body))
    .filter((event) => sessionId === undefined || event.sessionId === sessionId)
    .map((event) => event.sequence)
const minutes = async (count: number) => {
  for (let minute = 0; minute < count; minute++) {
    await pipeline.pass(60)
    await pipeline.sweep()
  }
}

describe('an endpoint that wants order', () => {
  it('gets the events of a session by sequence, however fan-out and queue mix them', async () => {
    await ordered()
    const refs = await write(8, newId('ses'))
    for (const index of [7, 3, 5, 0, 1, 6, 2, 4]) {
      await pipeline.fanOut(refs[index]!)
      await pipeline.drain()
    }
    expect(received()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('without the wish the same mix comes as it comes (control)', async () => {
    await pipeline.endpoint()
    const refs = await write(3, newId('ses'))
    for (const index of [2, 1, 0]) {
      await pipeline.fanOut(refs[index]!)
      await pipeline.drain()
    }
    expect(received()).toEqual([3, 2, 1])
  })

  it('does not wait for events that it did not ask for', async () => {
    await ordered()
    const sessionId = newId('ses')
    const refs = [
      await pipeline.writeEvent({ sessionId, sequence: 1 }),
      await pipeline.writeEvent({ sessionId, sequence: 2, type: 'session.connected' }),
      await pipeline.writeEvent({ sessionId, sequence: 3 }),
    ]
    for (const ref of refs) await pipeline.fanOut(ref)
    await pipeline.drain()
    expect(received()).toEqual([1, 3])
  })

  it('waits for an event that another writer has still to write', async () => {
    await ordered()
    const sessionId = newId('ses')
    const first = await pipeline.writeEvent({ sessionId, sequence: 1 })
    const third = await pipeline.writeEvent({ sessionId, sequence: 3 })
    for (const ref of [first, third]) await pipeline.fanOut(ref)
    await pipeline.drain()
    expect(received()).toEqual([1])
    await pipeline.fanOut(await pipeline.writeEvent({ sessionId, sequence: 2 }))
    await pipeline.drain()
    expect(received()).toEqual([1, 2, 3])
  })

  it('a failing one holds its session back, other sessions go on; then all follow in order', async () => {
    await ordered()
    const [failing, fine] = [newId('ses'), newId('ses')]
    pipeline.state.answer = ({ body }, response) =>
      void response.writeHead(JSON.parse(body).sessionId === failing ? 500 : 200).end()
    for (const ref of await write(3, failing)) await pipeline.fanOut(ref)
    for (const ref of await write(3, fine)) await pipeline.fanOut(ref)
    await pipeline.drain()
    expect(received(failing)).toEqual([1])
    expect(received(fine)).toEqual([1, 2, 3])
    pipeline.answerWith(200)
    await pipeline.pass(10)
    expect(received(failing)).toEqual([1, 1, 2, 3])
  })

  it('holds back for 15 minutes at most: then the next ones go, and the late one comes when it succeeds', async () => {
    const endpointId = await ordered()
    const sessionId = newId('ses')
    pipeline.state.answer = ({ body }, response) =>
      void response.writeHead(JSON.parse(body).sequence === 1 ? 500 : 200).end()
    for (const ref of await write(4, sessionId)) await pipeline.fanOut(ref)
    await pipeline.drain()
    await minutes(BLOCK_MS / 60_000 - 2)
    expect(new Set(received())).toEqual(new Set([1]))
    await minutes(5)
    expect(received().filter((sequence) => sequence !== 1)).toEqual([2, 3, 4])
    pipeline.answerWith(200)
    await minutes(60)
    expect((await pipeline.ledger(endpointId)).map(({ status }) => status)).toEqual(Array(4).fill('delivered'))
  })

  it('keeps the order over a pause', async () => {
    const endpointId = await ordered()
    const { scope } = pipeline.state
    await new Endpoints(pipeline.tables, scope).update(endpointId, { status: 'paused' })
    const refs = await write(5, newId('ses'))
    for (const ref of [...refs].reverse()) await pipeline.fanOut(ref)
    await pipeline.drain()
    await new Endpoints(pipeline.tables, scope).update(endpointId, { status: 'active' })
    await new EndpointHealths(pipeline.tables, scope).change(endpointId, (health) => ({
      ...health,
      releaseSince: pipeline.state.now,
    }))
    await pipeline.handle({ v: 1, kind: 'wake', tenantId: scope.tenantId, mode: 'test', endpointId })
    await pipeline.drain()
    await minutes(3)
    expect(received()).toEqual([1, 2, 3, 4, 5])
  })

  it('a lost ring costs minutes, not the delivery', async () => {
    await ordered()
    for (const ref of await write(3, newId('ses'))) await pipeline.fanOut(ref)
    pipeline.state.queue.sort((a, b) =>
      'eventId' in a.hint && 'eventId' in b.hint && a.hint.eventId < b.hint.eventId ? 1 : -1,
    )
    const [last] = pipeline.state.queue.splice(0, 1)
    await pipeline.handle(last!.hint)
    pipeline.state.queue = []
    await minutes(6)
    expect(received()).toEqual([1, 2, 3])
  })
})
