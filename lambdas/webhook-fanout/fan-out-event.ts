import { chatOf, wantsChat, wantsEvent } from '../../shared/core/event-filter.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { DeliveryHint } from '../../shared/events/queue-envelopes.ts'
import { Deliveries } from '../../shared/store/deliveries.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import { type EventRef, Events } from '../../shared/store/events.ts'
import { type DayOwner, KeptDays } from '../../shared/store/kept-days.ts'
import { eventDataPlace } from '../../shared/store/places.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import type { DeliveryRow, EndpointRow } from '../../shared/store/rows/webhook.ts'
import type { Tables } from '../../shared/store/tables.ts'
import { makeNewDelivery } from '../../shared/webhooks/new-delivery.ts'

export interface FanOutDependencies {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
  readonly enqueue: (hints: readonly DeliveryHint[]) => Promise<unknown>
  readonly now: () => number
  /** marks that this environment wrote already; bounded by forgetting all */
  readonly marked?: Set<string>
}

/** Below the connections of the client: a thousand at once time out while they wait for one. */
const WRITES_AT_ONCE = 25

/**
 * One delivery per endpoint that wants the event (put-if-absent, deterministic ids), then `unfanned` goes, then the
 * deliver queue is rung: in this order nothing is lost wherever the process dies, and nothing is made twice.
 * Endpoints that are paused or disabled get `held` deliveries: visible and replayable, never dropped.
 */
export const fanOutEvent = async (
  dependencies: FanOutDependencies,
  scope: TenantScope,
  ref: EventRef,
): Promise<{ deliveries: number }> => {
  const { tables, now } = dependencies
  const [event, endpoints] = await Promise.all([
    new Events(tables, scope).get(ref),
    new Endpoints(tables, scope).listAll(),
  ])
  if (!event) throw new Error(`event ${ref.eventId} is on the bus but has no row yet`)
  const wanted = await selectEndpoints(dependencies, scope, event, endpoints)
  await markDays(dependencies, scope, ref, wanted)
  const deliveries = new Deliveries(tables, scope)
  const rows: DeliveryRow[] = []
  for (let start = 0; start < wanted.length; start += WRITES_AT_ONCE) {
    const part = wanted.slice(start, start + WRITES_AT_ONCE)
    rows.push(...(await Promise.all(part.map((endpoint) => deliveries.create(makeNewDelivery(ref, endpoint, now()))))))
  }
  await new Events(tables, scope).markFanned(ref)
  const due = rows.filter((row) => row.status === 'pending')
  if (due.length) await dependencies.enqueue(due.map((row) => hintOf(row)))
  return { deliveries: rows.length }
}

const MAXIMUM_MARKS = 10_000

/** Before anything of the day is written: the sweeper has to find it when it is too old. */
const markDays = async (
  { tables, marked = new Set() }: FanOutDependencies,
  scope: TenantScope,
  ref: EventRef,
  endpoints: readonly EndpointRow[],
): Promise<void> => {
  const own: DayOwner =
    ref.sessionId !== null && ref.sequence !== null ? { kind: 'session', id: ref.sessionId } : { kind: 'control' }
  const owners = [own, ...endpoints.map(({ id }): DayOwner => ({ kind: 'endpoint', id }))]
  const days = new KeptDays(tables, scope)
  const missing = owners
    .map((owner) => ({ owner, name: `${scope.prefix}${ref.day}#${JSON.stringify(owner)}` }))
    .filter(({ name }) => !marked.has(name))
  if (marked.size + missing.length > MAXIMUM_MARKS) marked.clear()
  for (let start = 0; start < missing.length; start += WRITES_AT_ONCE) {
    const part = missing.slice(start, start + WRITES_AT_ONCE)
    await Promise.all(part.map(({ owner }) => days.mark(ref.day, owner)))
    for (const { name } of part) marked.add(name)
  }
}

/** Types and sessions first; the content is opened only when somebody filters by chat. */
const selectEndpoints = async (
  { tenantKeys }: FanOutDependencies,
  scope: TenantScope,
  event: EventRow,
  endpoints: readonly EndpointRow[],
): Promise<readonly EndpointRow[]> => {
  const byName = endpoints.filter(
    (endpoint) =>
      endpoint.id !== event.aboutEndpointId &&
      wantsEvent(endpoint.events, event.type) &&
      (event.sessionId === null || endpoint.sessions.length === 0 || endpoint.sessions.includes(event.sessionId)),
  )
  if (byName.every((endpoint) => endpoint.chats.length === 0)) return byName
  const chat = chatOf(await tenantKeys.open(scope, eventDataPlace(event.id), event.data))
  return byName.filter((endpoint) => wantsChat(endpoint.chats, chat))
}

const hintOf = (row: DeliveryRow): DeliveryHint => ({
  v: 1,
  tenantId: row.tenantId,
  mode: row.mode,
  endpointId: row.endpointId,
  day: row.day,
  eventId: row.eventId,
  generation: row.generation,
})
