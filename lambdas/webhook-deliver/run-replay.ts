import { wantsEvent } from '../../shared/core/event-filter.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import type { ReplayHint } from '../../shared/events/queue-envelopes.ts'
import { Deliveries } from '../../shared/store/deliveries.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import { refOf } from '../../shared/store/events.ts'
import { Replays } from '../../shared/store/replays.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import type { DeliveryRow, EndpointRow, ReplayRow } from '../../shared/store/rows/webhook.ts'
import type { Item } from '../../shared/store/table.ts'
import { makeNewDelivery } from '../../shared/webhooks/new-delivery.ts'
import { hintOf } from './delivery-hint.ts'
import type { DeliverDependencies } from './dependencies.ts'
import { readEventLog } from './read-event-log.ts'

const PAGE = 25

/**
 * One page of a replay, then its progress in one conditional write, then the queue is rung for the next page. A page that
 * is done twice (the lambda died before the progress was written) opens nothing twice: a generation names its replay.
 */
export const runReplay = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  hint: ReplayHint,
): Promise<ReplayRow | null> => {
  const { tables, now } = dependencies
  const replays = new Replays(tables, scope)
  const row = await replays.get(hint.endpointId, hint.replayId)
  if (row?.status !== 'running') return row
  const endpoint = await new Endpoints(tables, scope).get(row.endpointId)
  if (!endpoint) return replays.cancel(row, now())
  const page =
    row.select === 'failed' || row.select === 'held'
      ? await readLedger(dependencies, scope, row)
      : await readEventLog(tables, scope, { since: row.since, until: row.until, position: row.position, limit: PAGE })
  let enqueued = 0
  for (const item of page.items) if (await replayOne(dependencies, scope, endpoint, row, item)) enqueued++
  const finished = page.position === null
  const next = await replays.advance(
    row,
    {
      status: finished ? 'completed' : 'running',
      examined: row.examined + page.items.length,
      enqueued: row.enqueued + enqueued,
      position: page.position,
      completedAt: finished ? now() : null,
    },
    now(),
  )
  if (next?.status === 'running') await dependencies.enqueue(hint, 0)
  return next
}

/** Deliveries of the time span, newest first, through the list index. */
const readLedger = async (
  { tables }: DeliverDependencies,
  scope: TenantScope,
  row: ReplayRow,
): Promise<{ items: readonly DeliveryRow[]; position: Item | null }> => {
  const page = await new Deliveries(tables, scope).list(row.endpointId, {
    limit: PAGE,
    after: row.position ?? undefined,
    createdFrom: row.since,
    createdUntil: row.until,
  })
  return { items: page.items, position: page.next }
}

const replayOne = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  endpoint: EndpointRow,
  replay: ReplayRow,
  item: EventRow | DeliveryRow,
): Promise<boolean> => {
  const { tables, now } = dependencies
  const isDelivery = 'eventType' in item
  const type = isDelivery ? item.eventType : item.type
  if (!wantsEvent(replay.types.length ? replay.types : endpoint.events, type)) return false
  const deliveries = new Deliveries(tables, scope)
  const ref = isDelivery ? { ...item, type } : refOf(item)
  const latest = await deliveries.latest({ endpointId: endpoint.id, day: ref.day, eventId: ref.eventId })
  if (!isSelected(replay, latest)) return false
  if (latest?.status === 'held') {
    if (await deliveries.makeDue(latest, now(), false)) await dependencies.enqueue(hintOf(latest), 0)
    return true
  }
  const generation = (latest?.generation ?? 0) + 1
  const made = await deliveries.create({
    ...makeNewDelivery(ref, endpoint, now(), generation),
    replayId: replay.id,
  })
  if (made.status === 'pending') await dependencies.enqueue(hintOf(made), 0)
  return made.replayId === replay.id
}

/** A page that runs again finds what it opened: the ring is repeated, the delivery is not. */
const isSelected = (replay: ReplayRow, latest: DeliveryRow | null): boolean => {
  if (latest?.replayId === replay.id) return false
  switch (replay.select) {
    case 'failed':
      return latest !== null && ['exhausted', 'expired'].includes(latest.status)
    case 'held':
      return latest?.status === 'held'
    case 'missed':
      return latest === null
    case 'all':
      return latest === null || !['pending', 'retrying', 'inFlight'].includes(latest.status)
  }
}
