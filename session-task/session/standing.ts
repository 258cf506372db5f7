import type { Restriction } from '../../shared/core/new-chat-restriction.ts'
import type { SessionReason, SessionStatus } from '../../shared/core/session-status.ts'
import type { SessionRow } from '../../shared/store/rows/session.ts'
import { type LinkSight, Sessions } from '../../shared/store/sessions.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { ConnectionEvents } from '../whatsapp/connection.ts'
import type { Journal } from './journal.ts'
import type { SessionContext } from './session-context.ts'

export type Identity = Parameters<ConnectionEvents['onOpen']>[0]

export interface Saying {
  readonly status: SessionStatus
  readonly reason: SessionReason | null
  readonly eventType: string
}

/** What is known and said of a session: its status, its reason, whose phone it is, and the QR or code on show. */
export class Standing {
  readonly #context: SessionContext
  readonly #log: SessionLog
  readonly #journal: Journal
  readonly #sessions: Sessions
  #row: SessionRow | null
  #status: SessionStatus
  #own: { phone: string | null; lid: string | null }

  constructor(input: { context: SessionContext; sessionLog: SessionLog; journal: Journal; row: SessionRow | null }) {
    this.#context = input.context
    this.#log = input.sessionLog
    this.#journal = input.journal
    this.#sessions = new Sessions(input.context.services.tables, input.context.scope)
    this.#row = input.row
    this.#status = input.row?.status ?? 'stopped'
    this.#own = { phone: input.row?.phone ?? null, lid: input.row?.lid ?? null }
  }

  /** META as it was read last */
  get row(): SessionRow | null {
    return this.#row
  }

  get status(): SessionStatus {
    return this.#status
  }

  get own(): { readonly phone: string | null; readonly lid: string | null } {
    return this.#own
  }

  /** Reads META again; it is taken as the session's standing. */
  async renew(): Promise<void> {
    this.#row = await this.readRow()
    this.#status = this.#row?.status ?? this.#status
    this.#own = { phone: this.#row?.phone ?? this.#own.phone, lid: this.#row?.lid ?? this.#own.lid }
  }

  readRow(): Promise<SessionRow | null> {
    return this.#sessions.get(this.#context.sessionId)
  }

  takeRow(row: SessionRow): void {
    this.#row = row
  }

  remember(identity: Identity): void {
    this.#own = { phone: identity.phone, lid: identity.lid ?? this.#own.lid }
  }

  /** Journals a change and its event; META follows the record. @throws LogLostError */
  say(to: Saying, pushName: string | null = null): void {
    const from = this.#status
    this.#status = to.status
    const facts = { ...this.#own, pushName }
    // Logged-out credentials are worthless; without them the next start links anew instead of getting another 401.
    const more = to.status === 'loggedOut' ? [{ t: 'creds' as const, creds: null }] : []
    this.#journal.state({ from, to: to.status, reason: to.reason, eventType: to.eventType, facts }, more)
    this.#context.log.info({ from, to: to.status, reason: to.reason?.code }, to.eventType)
  }

  get restriction(): Restriction | null {
    return this.#row?.restriction ?? null
  }

  /** WhatsApp allows no new chats, or does again; whoever sends looks here. @throws LogLostError */
  restrict(restriction: Restriction | null): void {
    if (!this.#row || restriction === this.restriction) return
    this.#row = { ...this.#row, restriction }
    this.#journal.state({
      from: this.#status,
      to: this.#status,
      reason: null,
      eventType: restriction ? 'session.restricted' : 'session.unrestricted',
      facts: { ...this.#own, pushName: null, restriction: restriction && JSON.stringify(restriction) },
    })
    this.#context.log.warn({ restriction }, 'new chats')
  }

  /** META alone, for what is no event. */
  async write(status: SessionStatus, reason: SessionReason | null): Promise<void> {
    this.#status = status
    await this.#sessions.writeState(this.#context.sessionId, this.#log.epoch, { status, reason })
  }

  /**
   * Shows a QR or code. The event says that there is one, never what it is: it holds a secret of the link, which belongs
   * into no durable row (`GET /qr` and `GET /link` show it while it lives). @throws LogLostError
   */
  show(sight: LinkSight): void {
    const { attempt, expiresAt } = sight
    const method = sight.qr === null ? 'code' : 'qr'
    this.#journal.state({
      from: this.#status,
      to: this.#status,
      reason: null,
      eventType: 'session.qr',
      facts: { ...this.#own, pushName: null, method, attempt: String(attempt), expiresAt: String(expiresAt) },
    })
    this.#sessions.putLinkSight(this.#context.sessionId, sight).catch((error) => {
      this.#context.log.warn({ error: String(error) }, 'the QR or code could not be shown')
    })
  }

  async clearSight(): Promise<void> {
    await this.#sessions.clearLinkSight(this.#context.sessionId).catch((error) => {
      this.#context.log.warn({ error: String(error) }, 'the QR on show was not taken away; it expires by itself')
    })
  }
}
