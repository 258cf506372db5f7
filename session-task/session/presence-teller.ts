import { wantsEvent } from '../../shared/core/event-filter.ts'
import { newId } from '../../shared/core/ids.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import { Events, refOf } from '../../shared/store/events.ts'
import { eventDataPlace } from '../../shared/store/places.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import { transact } from '../../shared/store/table.ts'
import type { PresenceUpdate } from '../whatsapp/connection.ts'
import { bareJid, lidOfJid, phoneOfJid } from './addresses.ts'
import type { ContactBook } from './contact-book.ts'
import type { SessionContext } from './session-context.ts'

const TYPE = 'presence.updated'
/** who listens is asked for again after this long */
const LISTENERS_TTL_MS = 30_000
/** the same state again within this time is no news */
const REPEAT_MS = 10_000
/** of one session; what is beyond is dropped: presence is shown and forgotten */
const PER_SECOND_MAX = 5
const REMEMBERED = 1_000

/**
 * Tells who is online or typing: events without a sequence, in no log, and only while an endpoint asks for them by name.
 * Whoever sends nothing but typing must not cost anybody a row.
 */
export class PresenceTeller {
  readonly #context: SessionContext
  readonly #book: ContactBook
  readonly #endpoints: Endpoints
  readonly #told = new Map<string, { state: string; at: number }>()
  #listeners: { hasAny: Promise<boolean>; until: number } | null = null
  #queue: Promise<void> = Promise.resolve()
  #second = 0
  #inSecond = 0

  constructor(context: SessionContext, book: ContactBook) {
    this.#context = context
    this.#book = book
    this.#endpoints = new Endpoints(context.services.tables, context.scope)
  }

  /** Never throws, and nobody waits for it. */
  tell(update: PresenceUpdate, now = Date.now()): void {
    if (!this.#isNews(update, now)) return
    // One after the other: online comes before typing.
    this.#queue = this.#queue
      .then(() => this.#write(update, now))
      .catch((error) => {
        this.#context.log.info({ error: String(error) }, 'a presence could not be told, it is forgotten')
      })
  }

  #isNews({ chatJid, personJid, state }: PresenceUpdate, now: number): boolean {
    const key = `${chatJid} ${personJid}`
    const known = this.#told.get(key)
    if (known?.state === state && now - known.at < REPEAT_MS) return false
    const second = Math.floor(now / 1_000)
    if (second !== this.#second) [this.#second, this.#inSecond] = [second, 0]
    if (++this.#inSecond > PER_SECOND_MAX) return false
    this.#told.delete(key)
    this.#told.set(key, { state, at: now })
    if (this.#told.size > REMEMBERED) this.#told.delete(this.#told.keys().next().value as string)
    return true
  }

  async #write({ chatJid, personJid, state, lastSeenAt }: PresenceUpdate, now: number): Promise<void> {
    if (!(await this.#hasListener(now))) return
    const { services, scope, sessionId } = this.#context
    const addressOf = (jid: string) =>
      this.#book.addressOf(bareJid(jid), { phone: phoneOfJid(jid), lid: lidOfJid(jid) })
    const data = {
      chat: await addressOf(chatJid),
      contact: await addressOf(personJid),
      state,
      lastSeenAt: lastSeenAt === null ? null : new Date(lastSeenAt).toISOString(),
    }
    const id = newId('evt', now)
    const row: EventRow = {
      v: 1,
      tenantId: scope.tenantId,
      mode: scope.mode,
      id,
      type: TYPE,
      sessionId,
      sequence: null,
      timestamp: now,
      data: await services.tenantKeys.seal(scope, eventDataPlace(id), data),
    }
    const written = await transact(services.tables.client, [new Events(services.tables, scope).controlLeg(row)])
    if (written.outcome === 'written') await services.eventSink.publish([refOf(row)])
  }

  #hasListener(now: number): Promise<boolean> {
    if (this.#listeners && this.#listeners.until > now) return this.#listeners.hasAny
    const hasAny = this.#endpoints
      .listAll()
      .then((rows) => rows.some(({ status, events }) => status === 'active' && wantsEvent(events, TYPE)))
    this.#listeners = { hasAny, until: now + LISTENERS_TTL_MS }
    hasAny.catch(() => {
      this.#listeners = null
    })
    return hasAny
  }
}
