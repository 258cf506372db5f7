import type { TenantScope } from '../../../shared/core/tenant-scope.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import type { Tables } from '../../../shared/store/tables.ts'

/** Looks for the QR of an event so often; a worker writes it at the same moment as the event. */
const PATIENCE = 3

interface LinkData {
  readonly link?: { readonly method: string; readonly attempt: number; readonly expiresAt: string }
}

/** The QR or code on show, for the events that tell of it: it is a secret of the link and in no log. */
export class LinkSights {
  readonly #sessions: Sessions
  readonly #sessionId: string
  #told: number | null = null
  #misses = 0

  constructor(tables: Tables, scope: TenantScope, sessionId: string) {
    this.#sessions = new Sessions(tables, scope)
    this.#sessionId = sessionId
  }

  /** The event's data with what is on show. Null: it is not there yet, ask again; after a few times without it. */
  async complete(data: unknown, now: number): Promise<unknown> {
    const link = (data as LinkData | null)?.link
    if (!link || Date.parse(link.expiresAt) <= now) return data
    const sight = await this.#sessions.getLinkSight(this.#sessionId, now)
    if (!sight || sight.expiresAt < Date.parse(link.expiresAt)) return ++this.#misses < PATIENCE ? null : data
    this.#misses = 0
    // A later one is on show already: its own event brings it.
    if (sight.expiresAt !== Date.parse(link.expiresAt)) return data
    this.#told = sight.expiresAt
    return { ...(data as object), ...presentSight(sight) }
  }

  /** What is on show now, unless an event brought it. Null: nothing. */
  async current(now: number): Promise<unknown> {
    const sight = await this.#sessions.getLinkSight(this.#sessionId, now)
    return sight && sight.expiresAt !== this.#told ? presentSight(sight) : null
  }
}

type Sight = NonNullable<Awaited<ReturnType<Sessions['getLinkSight']>>>

const presentSight = (sight: Sight) => {
  const { attempt, qr, code } = sight
  const expiresAt = new Date(sight.expiresAt).toISOString()
  return {
    link: { method: qr === null ? 'code' : 'qr', attempt, expiresAt, ...(qr === null ? { code } : { qr }) },
    ...(qr === null ? {} : { qr, expiresAt, attempt }),
  }
}
