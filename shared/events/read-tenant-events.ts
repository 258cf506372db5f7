import { Fault } from '../core/fault.ts'
import { encodeUlid } from '../core/ids.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { Events } from '../store/events.ts'
import { controlEventKey, dayOf } from '../store/keys.ts'
import type { EventRow } from '../store/rows/message.ts'
import { Sessions } from '../store/sessions.ts'
import type { Item } from '../store/table.ts'
import type { Tables } from '../store/tables.ts'
import {
  CONTROL_SETTLE_MS,
  type ControlPosition,
  type ControlStep,
  controlTail,
  dayNumber,
  takeControlEvents,
} from './control-position.ts'
import { type EventVector, roomForSeen } from './event-cursor.ts'

const MAXIMUM_SESSIONS = 200
const PAGE = 100
const READS_AT_ONCE = 16
const DAY_MS = 86_400_000
/** Empty days that one read walks through; the next one goes on from there. */
const MAXIMUM_DAYS = 31
/** Rows of one look at the control-plane events of a day. */
const CONTROL_PAGE = 200

interface Source {
  readonly rows: readonly EventRow[]
  /** more rows exist behind `rows` */
  readonly more: boolean
}

/** An event and the position right after it, when all before it in the page were taken. */
export interface EventStep {
  readonly row: EventRow
  readonly after: EventVector
}

/**
 * Events of a whole tenant from a vector of positions, oldest first; each session's own order is kept.
 * @throws Fault use_session_cursors above 200 sessions
 */
export const readTenantEvents = async (
  tables: Tables,
  scope: TenantScope,
  input: { vector: EventVector; limit: number; now: number },
): Promise<{ steps: EventStep[]; vector: EventVector; hasMore: boolean }> => {
  const { vector, limit, now } = input
  const events = new Events(tables, scope)
  const ids = [...new Set([...vector.sequences.keys(), ...(await listSessionIds(tables, scope))])]
  if (ids.length > MAXIMUM_SESSIONS) throw tooManySessions()
  const sources: Source[] = []
  for (let start = 0; start < ids.length; start += READS_AT_ONCE) {
    const reads = ids.slice(start, start + READS_AT_ONCE).map(async (sessionId) => {
      const page = await events.readSession(sessionId, { afterSequence: vector.sequences.get(sessionId) ?? 0, limit })
      return { rows: page.rows, more: page.hasMore }
    })
    sources.push(...(await Promise.all(reads)))
  }
  const room = roomForSeen(ids.length)
  // Sessions that came meanwhile take the room: what is forgotten comes twice, which is better than not at all.
  const from = { ...vector.control, seen: new Set([...vector.control.seen].slice(-room)) }
  const control = await readControlEvents(events, scope, from, { limit, room, now })
  const merged = merge([{ rows: control.steps.map(({ row }) => row), more: control.more }, ...sources], limit)
  let after = vector
  let controlTaken = 0
  const steps = merged.rows.map((row) => {
    after =
      row.sequence === null
        ? { ...after, control: control.steps[controlTaken++]!.after }
        : { ...after, sequences: new Map(after.sequences).set(row.sessionId!, row.sequence) }
    return { row, after }
  })
  if (controlTaken === control.steps.length) after = { ...after, control: control.end }
  return { steps, hasMore: merged.more, vector: after }
}

const tooManySessions = (): Fault =>
  new Fault('use_session_cursors', {
    detail: `One cursor holds at most ${MAXIMUM_SESSIONS} sessions: read each session with ?sessionId=…&afterSequence=….`,
  })

/** The position of now: a reader that starts here sees what comes. @throws Fault use_session_cursors */
export const tailOfTenant = async (tables: Tables, scope: TenantScope, now: number): Promise<EventVector> => {
  const events = new Events(tables, scope)
  const ids = await listSessionIds(tables, scope)
  const sequences = new Map<string, number>()
  for (const id of ids) sequences.set(id, await events.tail(id))
  const settledBefore = now - CONTROL_SETTLE_MS
  // No event has this id: a position only has to lie between two keys.
  const lastId = `evt_${encodeUlid(settledBefore, new Uint8Array(10))}`
  const before = { day: dayNumber(settledBefore), lastId, seen: new Set<string>() }
  const young: EventRow[] = []
  for await (const { rows } of controlPages(events, scope, before, dayNumber(now))) young.push(...rows)
  return { control: controlTail(before, young, roomForSeen(ids.length)), sequences }
}

const listSessionIds = async (tables: Tables, scope: TenantScope): Promise<string[]> => {
  const ids: string[] = []
  let after: Item | undefined
  do {
    const page = await new Sessions(tables, scope).list({ limit: PAGE, after })
    ids.push(...page.items.map((row) => row.id))
    if (ids.length > MAXIMUM_SESSIONS) throw tooManySessions()
    after = page.next ?? undefined
  } while (after)
  return ids
}

/** Control-plane events behind a position, page by page; an empty one where a day ends. */
async function* controlPages(
  events: Events,
  scope: TenantScope,
  from: ControlPosition,
  lastDay: number,
): AsyncGenerator<{ rows: readonly EventRow[]; day: number; isDayOver: boolean }> {
  for (let day = from.day; day <= lastDay; day++) {
    const date = dayOf(day * DAY_MS)
    let after: Item | undefined =
      day === from.day && from.lastId ? { ...controlEventKey(scope, date, from.lastId) } : undefined
    do {
      const page = await events.readControl(date, { limit: CONTROL_PAGE, after })
      after = page.next ?? undefined
      yield { rows: page.items, day, isDayOver: !after }
    } while (after)
  }
}

/** From the position to now, day by day. `end`: the position after all of `steps`. */
const readControlEvents = async (
  events: Events,
  scope: TenantScope,
  from: ControlPosition,
  { limit, room, now }: { limit: number; room: number; now: number },
): Promise<{ steps: ControlStep<EventRow>[]; end: ControlPosition; more: boolean }> => {
  const steps: ControlStep<EventRow>[] = []
  const settledDay = dayNumber(now - CONTROL_SETTLE_MS)
  let end = from
  for await (const page of controlPages(events, scope, from, dayNumber(now))) {
    const taken = takeControlEvents(end, page.rows, { limit: limit - steps.length, room, now })
    steps.push(...taken.steps)
    end = taken.end
    // A full cursor is no reason to ask again at once: what waits has to become old first.
    if (taken.stopped) return { steps, end, more: taken.stopped === 'limit' }
    if (!page.isDayOver) continue
    if (page.day < settledDay) end = { ...end, day: page.day + 1, lastId: null }
    if (page.day - from.day >= MAXIMUM_DAYS) return { steps, end, more: true }
  }
  return { steps, end, more: false }
}

/** Takes the oldest head again and again: the order inside each source is kept. */
const merge = (sources: readonly Source[], limit: number): { rows: EventRow[]; more: boolean } => {
  const taken = sources.map(() => 0)
  const rows: EventRow[] = []
  while (rows.length < limit) {
    let oldest = -1
    for (const [index, source] of sources.entries()) {
      const head = source.rows[taken[index]!]
      const best = oldest === -1 ? undefined : sources[oldest]!.rows[taken[oldest]!]
      if (head && (!best || head.timestamp < best.timestamp)) oldest = index
    }
    if (oldest === -1) break
    rows.push(sources[oldest]!.rows[taken[oldest]!++]!)
  }
  return { rows, more: sources.some((source, index) => source.more || taken[index]! < source.rows.length) }
}
