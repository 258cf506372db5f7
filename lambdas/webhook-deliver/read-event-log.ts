import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { Events } from '../../shared/store/events.ts'
import { controlEventKey, dayOf } from '../../shared/store/keys.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import type { Item } from '../../shared/store/table.ts'
import type { Tables } from '../../shared/store/tables.ts'

const DAY_MS = 86_400_000
/** Empty days that one page walks through: a replay of a year is a few pages. */
const EMPTY_DAYS = 60

/** Above every sequence that a row can have. */
const NO_SEQUENCE = 1e12

/** Control-plane events day by day, then session after session; kept in the replay's row between pages. */
interface Position {
  /** control-plane part: the day and the last id seen; null: done */
  readonly control: { readonly day: string; readonly lastId: string | null } | null
  /** key of the last session of the list that is done */
  readonly sessionsAfter: Item | null
  readonly sessionId: string | null
  readonly afterSequence: number
}

/**
 * One page of all events of a tenant within a span of time. @returns `position` null at the end; a page may be empty in the
 * middle.
 */
export const readEventLog = async (
  tables: Tables,
  scope: TenantScope,
  input: { since: number; until: number; position: Item | null; limit: number },
): Promise<{ items: readonly EventRow[]; position: Item | null }> => {
  const at = (input.position as Position | null) ?? {
    control: { day: dayOf(input.since), lastId: null },
    sessionsAfter: null,
    sessionId: null,
    afterSequence: 0,
  }
  const within = (row: EventRow) => row.timestamp >= input.since && row.timestamp <= input.until
  const events = new Events(tables, scope)
  if (at.control) {
    let { day, lastId } = at.control
    for (let days = 0; days < EMPTY_DAYS; days++) {
      const after = lastId ? { ...controlEventKey(scope, day, lastId) } : undefined
      const page = await events.readControl(day, { limit: input.limit, after })
      const nextDay = dayOf(Date.parse(day) + DAY_MS)
      const rest = { ...at, control: nextDay <= dayOf(input.until) ? { day: nextDay, lastId: null } : null }
      if (page.next)
        return {
          items: page.items.filter(within),
          position: { ...at, control: { day, lastId: page.items.at(-1)!.id } },
        }
      if (page.items.length > 0 || rest.control === null) return { items: page.items.filter(within), position: rest }
      day = nextDay
      lastId = null
    }
    return { items: [], position: { ...at, control: { day, lastId: null } } }
  }
  if (at.sessionId === null) {
    const page = await new Sessions(tables, scope).list({ limit: 1, after: at.sessionsAfter ?? undefined })
    const [session] = page.items
    if (!session) return { items: [], position: null }
    return { items: [], position: { ...at, sessionId: session.id, sessionsAfter: page.next, afterSequence: 0 } }
  }
  // Over gaps: an event that comes late is fanned out by itself, and what stands behind it must not be left out.
  const standing = await events.readStanding(at.sessionId, {
    after: at.afterSequence,
    before: NO_SEQUENCE,
    limit: input.limit,
  })
  const rows = standing.map(({ row }) => row)
  const last = rows.at(-1)
  const isOver = rows.length < input.limit || last!.timestamp > input.until
  const rest = isOver
    ? at.sessionsAfter === null
      ? null
      : { ...at, sessionId: null, afterSequence: 0 }
    : { ...at, afterSequence: last!.sequence! }
  return { items: rows.filter(within), position: rest }
}
