import { Fault } from '../core/fault.ts'
import { encodeUlid, timeOfId } from '../core/ids.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { Events } from '../store/events.ts'
import { controlEventKey, dayOf } from '../store/keys.ts'
import type { EventRow } from '../store/rows/message.ts'
import { Sessions } from '../store/sessions.ts'
import type { Item } from '../store/table.ts'
import type { Tables } from '../store/tables.ts'
import type { EventVector } from './event-cursor.ts'

const MAXIMUM_SESSIONS = 200
const PAGE = 100
const READS_AT_ONCE = 16
const DAY_MS = 86_400_000
/** Empty days that one read walks through; the next one goes on from there. */
const MAXIMUM_DAYS = 31
/**
 * Control-plane events of the last two seconds wait for the next read: an id is made before its transaction commits, so
 * an older one may still appear behind a younger one.
 */
const SETTLE_MS = 2_000

interface Source {
  readonly rows: readonly EventRow[]
  /** more rows exist behind `rows` */
  readonly more: boolean
}

/**
 * Events of a whole tenant from a vector of positions, oldest first; each session's own order is kept.
 * @throws Fault use_session_cursors above 200 sessions
 */
export const readTenantEvents = async (
  tables: Tables,
  scope: TenantScope,
  input: { vector: EventVector; limit: number; now: number },
): Promise<{ rows: EventRow[]; vector: EventVector; hasMore: boolean }> => {
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
  const control = await readControlEvents(events, scope, vector.control, limit, now)
  const merged = merge([control, ...sources], limit)
  const sequences = new Map(vector.sequences)
  for (const row of merged.rows) if (row.sequence !== null) sequences.set(row.sessionId!, row.sequence)
  const lastControl = merged.rows.findLast((row) => row.sequence === null)
  const allControl = merged.rows.filter((row) => row.sequence === null).length === control.rows.length
  return {
    rows: merged.rows,
    hasMore: merged.more,
    vector: {
      sequences,
      control: allControl
        ? control.end
        : lastControl
          ? { day: dayNumber(lastControl.timestamp), lastId: lastControl.id }
          : vector.control,
    },
  }
}

/** The position right after one event of a page, when all before it in the page were taken. */
export const positionAfter = (vector: EventVector, row: EventRow): EventVector =>
  row.sequence === null
    ? { ...vector, control: { day: dayNumber(row.timestamp), lastId: row.id } }
    : { ...vector, sequences: new Map(vector.sequences).set(row.sessionId!, row.sequence) }

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
  const settledBefore = now - SETTLE_MS
  // No event has this id: a position only has to lie between two keys.
  const lastId = `evt_${encodeUlid(settledBefore, new Uint8Array(10))}`
  return { control: { day: dayNumber(settledBefore), lastId }, sequences }
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

export const dayNumber = (timeMs: number): number => Math.floor(timeMs / DAY_MS)

/** From the position to now, day by day. `end`: the position after all of `rows`. */
const readControlEvents = async (
  events: Events,
  scope: TenantScope,
  from: EventVector['control'],
  limit: number,
  now: number,
): Promise<Source & { end: EventVector['control'] }> => {
  const rows: EventRow[] = []
  const settledBefore = now - SETTLE_MS
  const today = dayNumber(settledBefore)
  let position = from
  for (let days = 0; days < MAXIMUM_DAYS; days++) {
    const day = dayOf(position.day * DAY_MS)
    const after = position.lastId ? controlEventKey(scope, day, position.lastId) : undefined
    const page = await events.readControl(day, { limit: limit - rows.length, after: after && { ...after } })
    const settled = page.items.filter((row) => (timeOfId(row.id) ?? 0) < settledBefore)
    rows.push(...settled)
    if (settled.length > 0) position = { day: position.day, lastId: settled.at(-1)!.id }
    if (rows.length >= limit) return { rows, more: true, end: position }
    if (page.next) continue
    if (position.day >= today || settled.length < page.items.length) return { rows, more: false, end: position }
    position = { day: position.day + 1, lastId: null }
  }
  return { rows, more: true, end: position }
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
