import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { Deliveries } from '../../shared/store/deliveries.ts'
import { Events, type StandingEvent } from '../../shared/store/events.ts'
import { dayOf } from '../../shared/store/keys.ts'
import { Lanes } from '../../shared/store/lanes.ts'
import type { DeliveryRow, EndpointRow } from '../../shared/store/rows/webhook.ts'
import { hintOf } from './delivery-hint.ts'
import type { DeliverDependencies } from './dependencies.ts'

/** One that fails holds the next ones back for this long; then they go, and the receiver sees the gap. */
export const BLOCK_MS = 15 * 60_000
/** Who waits is rung by the one in front; this is for a ring that was lost. */
const WAIT_MS = 120_000
const PAGE = 50
const MAXIMUM_PAGES = 4

type Ordered = DeliveryRow & { readonly sessionId: string; readonly sequence: number }

/** Replays and what a person asked for go when they are asked for. */
export const isOrdered = (endpoint: EndpointRow, delivery: DeliveryRow): delivery is Ordered =>
  endpoint.ordering === 'session' &&
  delivery.sessionId !== null &&
  delivery.sequence !== null &&
  delivery.generation === 1 &&
  delivery.replayId === null &&
  !delivery.manual

/**
 * Must this delivery wait for an earlier one of its session? The log without gaps says what is in front: an event that is
 * not there yet or not fanned out yet, or a delivery that is not settled. @returns until when to wait; null: it may go
 */
export const waitsUntil = async (
  { tables, now }: DeliverDependencies,
  scope: TenantScope,
  endpoint: EndpointRow,
  delivery: Ordered,
): Promise<number | null> => {
  const { sessionId, sequence } = delivery
  const lanes = new Lanes(tables, scope)
  const known = await lanes.doneThrough(endpoint.id, sessionId)
  const from = known ?? (await beginningOf(new Events(tables, scope), endpoint, delivery))
  let done = from
  while (done < sequence - 1) {
    const events = await new Events(tables, scope).readStanding(sessionId, {
      after: done,
      before: sequence,
      limit: PAGE,
    })
    const states = await Promise.all(events.map((event) => stateOf(event)))
    for (const [index, { row }] of events.entries()) {
      const until = (row.sequence === done + 1 ? null : outOfSight()) ?? states[index]
      if (until != null) return stop(until)
      done = row.sequence!
    }
    if (events.length === PAGE || done === sequence - 1) continue
    const until = outOfSight()
    if (until !== null) return stop(until)
    done = sequence - 1
  }
  return stop(null)

  async function stop(until: number | null): Promise<number | null> {
    if (done > from) await lanes.advance(endpoint.id, sessionId, done)
    return until
  }

  /** Not written or not fanned out yet: that takes moments. Null: it took longer than a block, the gap is the log's. */
  function outOfSight(): number | null {
    const latest = delivery.createdAt + BLOCK_MS
    return latest > now() ? Math.min(now() + WAIT_MS, latest) : null
  }

  async function stateOf({ row, isUnfanned }: StandingEvent): Promise<number | null> {
    if (isUnfanned) return outOfSight()
    const other = await new Deliveries(tables, scope).get(refOf(endpoint.id, row))
    if (other === null) return null
    if (other.status === 'retrying') {
      const end = (other.firstAttemptAt ?? other.createdAt) + BLOCK_MS
      return end > now() ? end : null
    }
    // Held: the whole endpoint is, and lets go in order.
    return ['pending', 'inFlight', 'held'].includes(other.status) ? now() + WAIT_MS : null
  }
}

/** Where to begin without a lane: after what is older than the wish for order, or than the longest wait. */
const beginningOf = async (events: Events, endpoint: EndpointRow, delivery: Ordered): Promise<number> => {
  const since = Math.max(endpoint.orderedSince ?? 0, delivery.createdAt - BLOCK_MS)
  const rows = await events.readBackwards(delivery.sessionId, {
    before: delivery.sequence,
    limit: PAGE * MAXIMUM_PAGES,
  })
  const older = rows.find((row) => row.timestamp < since)
  if (older) return older.sequence!
  const oldest = rows.at(-1)?.sequence ?? delivery.sequence
  return oldest - 1
}

/** The next of the session may go: it is made due and rung. A lost ring costs the wait of the one that missed it. */
export const ringNext = async (
  { tables, now, enqueue }: DeliverDependencies,
  scope: TenantScope,
  settled: Ordered,
): Promise<void> => {
  const deliveries = new Deliveries(tables, scope)
  let after = settled.sequence
  for (let page = 0; page < MAXIMUM_PAGES; page++) {
    const events = await new Events(tables, scope).readStanding(settled.sessionId, {
      after,
      before: after + PAGE + 1,
      limit: PAGE,
    })
    for (const { row, isUnfanned } of events) {
      // Fan-out rings by itself.
      if (isUnfanned || row.sequence !== after + 1) return
      after = row.sequence
      const next = await deliveries.get(refOf(settled.endpointId, row))
      if (next?.status !== 'pending') continue
      if (await deliveries.postpone(next, now(), null)) await enqueue(hintOf(next), 0)
      return
    }
    if (events.length < PAGE) return
  }
}

const refOf = (endpointId: string, row: StandingEvent['row']) => ({
  endpointId,
  day: dayOf(row.timestamp),
  eventId: row.id,
  generation: 1,
})
