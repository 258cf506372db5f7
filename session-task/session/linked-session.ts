import type { SessionReason, SessionStatus } from '../../shared/core/session-status.ts'
import type { SessionRow } from '../../shared/store/rows/session.ts'
import { LogLostError, type SessionLog } from '../auth-log/session-log.ts'
import type { DisconnectInfo } from '../whatsapp/disconnect.ts'
import type { IncomingCall } from './call-notes.ts'
import { isLinkedCredentials, planConnection } from './connect-plan.ts'
import { connectionEvents } from './connection-events.ts'
import { farewellOf, type Leaving } from './farewell.ts'
import type { MemoryWatch } from './memory-watch.ts'
import type { SessionContext } from './session-context.ts'
import { makeSessionParts, type SessionParts } from './session-parts.ts'
import type { SessionStop } from './stop-decision.ts'

const STABLE_MS = 10 * 60_000
const NO_ANSWER: DisconnectInfo = { code: 408, message: 'No answer to a message' }

export interface LinkedSessionListener {
  isOurs(): Promise<boolean>
  /** no reconnect will come; the state is journaled */
  onStop(status: SessionStatus): void
  /** somebody else may own the session */
  onDoubt(): void
  /** connected for 10 min */
  onStable(): void
  /** it holds so much memory that it has to be opened anew */
  onTooBig(): void
}

/** A session whose log is open: its connections, its outbox, its projector, and what is said of it. */
export class LinkedSession {
  readonly #context: SessionContext
  readonly #log: SessionLog
  readonly #listener: LinkedSessionListener
  readonly #parts: SessionParts
  readonly #endMemoryWatch: () => void
  #stableTimer: NodeJS.Timeout | null = null
  #isStopped = false
  /** why it was said last that another connection has to follow */
  #saidCode: string | null = null

  constructor(input: {
    context: SessionContext
    sessionLog: SessionLog
    row: SessionRow | null
    memory: MemoryWatch
    listener: LinkedSessionListener
  }) {
    const { context, sessionLog } = input
    this.#context = context
    this.#log = sessionLog
    this.#listener = input.listener
    this.#endMemoryWatch = input.memory.watch(sessionLog, () => this.#listener.onTooBig())
    this.#parts = makeSessionParts({
      context,
      sessionLog,
      row: input.row,
      connections: {
        eventsFor: (isCurrent) => this.#eventsFor(isCurrent),
        isOurs: () => this.#listener.isOurs(),
        onDoubt: () => this.#listener.onDoubt(),
        onDetached: () => this.#detach(),
        onReconnecting: (status, reason) => this.#sayReconnecting(status, reason),
        onStopped: (stop, resumeAt) => this.#sayStopped(stop, resumeAt),
      },
      onNoAck: () => this.#replaceConnection(),
      onBroken: (error) => void this.#stopBroken(error),
    })
  }

  get inFlightCount(): number {
    return this.#parts.outbox.inFlightCount
  }

  ring(): void {
    this.#parts.outbox.ring()
  }

  ringOperations(): void {
    this.#parts.operations.ring()
  }

  /** Rows that an earlier owner left undone, and messages that ended without an owner; needs no socket. */
  async replay(): Promise<void> {
    const { standing, projector, housekeeping } = this.#parts
    // A replayed state is older than what META says.
    const before = standing.row
    const count = this.#log.state.undone().length
    if (count > 0) {
      this.#context.log.info({ count }, 'replaying undone records')
      await this.#context.services.replayAlone(this.#context.sessionId, () => projector.replay())
      // A replayed state record may have changed what the row says, a pairing above all.
      await standing.renew()
    }
    await housekeeping.afterOpen(before)
  }

  /** Connects, unless it is connected or about to. */
  async start(): Promise<'started' | 'nothingToDo'> {
    const { connector, standing } = this.#parts
    if (connector.isActive) return 'started'
    const plan = planConnection(standing.row, this.#log.state.creds)
    if (plan.plan === 'nothing') return 'nothingToDo'
    this.#saidCode = null
    await standing.write(plan.plan === 'login' ? 'connecting' : 'linking', null)
    if (plan.plan === 'link') {
      connector.forget(false)
      this.#log.append([{ t: 'creds', creds: null }])
    }
    connector.connectSoon()
    return 'started'
  }

  /** The tenant may have changed a setting, or asked for another way to link while we show the first one. */
  async review(): Promise<void> {
    const { standing, outbox, connector } = this.#parts
    if (this.#isStopped) return
    const row = await standing.readRow()
    if (!row) return
    const isNewLink = row.link !== null && row.link.requestedAt !== standing.row?.link?.requestedAt
    const isOtherWay = (row.proxy?.sealed ?? null) !== (standing.row?.proxy?.sealed ?? null)
    standing.takeRow(row)
    outbox.repace()
    if (isOtherWay) await connector.changeWay()
    if (connector.isLinked || !isNewLink) return
    await connector.drop()
    await this.start()
  }

  /** Asked for by the tenant: earlier failures are forgotten. */
  async restart(): Promise<void> {
    const { connector } = this.#parts
    if (!connector.isLinked || this.#isStopped) return
    await connector.drop()
    connector.forget(true)
    await this.start()
  }

  /** Unlinks the device at WhatsApp if it can be reached, and says loggedOut either way. */
  async logOut(): Promise<void> {
    const { standing, connector } = this.#parts
    if (!isLinkedCredentials(this.#log.state.creds) || standing.status === 'loggedOut') return
    const isOpen = await connector.openForLogout()
    if (isOpen && connector.connection) await connector.connection.logout()
    else await connector.drop()
    const code = isOpen ? 'logged_out' : 'logout_unconfirmed'
    const reason = { code, retryable: false, nextAction: 'link', since: Date.now() }
    standing.say({ status: 'loggedOut', reason, eventType: 'session.loggedOut' })
  }

  /** @param leaving null: what was said stands */
  async stop(leaving: Leaving | null): Promise<void> {
    const { housekeeping, outbox, operations, mediaInbox, connector, standing, projector } = this.#parts
    housekeeping.stop()
    this.#endMemoryWatch()
    await Promise.all([outbox.stop(), operations.stop(), mediaInbox.stop()])
    this.#isStopped = true
    connector.stop()
    await connector.drop()
    await standing.clearSight()
    if (standing.status === 'loggedOut') await housekeeping.endMessages('loggedOut')
    const isLinked = isLinkedCredentials(this.#log.state.creds)
    const farewell = isLinked ? farewellOf(leaving, standing.status, Date.now()) : null
    if (farewell) standing.say(farewell)
    await projector.settled()
    if (leaving === 'stopped' && !isLinked && standing.status === 'linking') await standing.write('created', null)
    await this.#log.close()
  }

  /** Nothing that waits will ever be sent. */
  endMessages(): Promise<void> {
    return this.#parts.housekeeping.endMessages('deleted')
  }

  /** Leaves without another word. */
  abandon(): void {
    const { housekeeping, connector, projector, outbox, operations, mediaInbox } = this.#parts
    housekeeping.stop()
    this.#endMemoryWatch()
    this.#isStopped = true
    connector.stop()
    projector.stop()
    this.#log.abandon()
    outbox.detach()
    operations.detach()
    void outbox.stop()
    void mediaInbox.stop()
    void operations.stop()
    void connector.drop()
  }

  #eventsFor(isCurrent: () => boolean) {
    return connectionEvents(
      {
        sessionLog: this.#log,
        ...this.#parts,
        rejectCall: (call) => this.#rejectCall(call),
        onConnected: () => {
          if (this.#stableTimer) clearTimeout(this.#stableTimer)
          this.#stableTimer = setTimeout(() => this.#listener.onStable(), STABLE_MS)
          this.#stableTimer.unref()
        },
      },
      isCurrent,
    )
  }

  #detach(): void {
    const { outbox, mediaInbox, operations } = this.#parts
    if (this.#stableTimer) clearTimeout(this.#stableTimer)
    outbox.detach()
    mediaInbox.detach()
    operations.detach()
  }

  #sayReconnecting(status: SessionStatus, reason: SessionReason | null): void {
    const { standing } = this.#parts
    if (!reason) return
    // That it is still not connected is no news, but that its tenant can do something about it is, and when he cannot any more.
    const isNews = reason.code !== this.#saidCode && [reason.code, this.#saidCode].includes('proxy_unreachable')
    if (status === standing.status && !isNews) return
    this.#saidCode = reason.code
    standing.say({ status, reason, eventType: 'session.disconnected' })
  }

  #sayStopped(stop: SessionStop, resumeAt: number | null): void {
    try {
      this.#parts.standing.say(stop)
    } catch (error) {
      if (error instanceof LogLostError) return
      throw error
    }
    if (resumeAt === null) this.#listener.onStop(stop.status)
  }

  /** It is told before it is rejected: the gate holds the frame until the record is durable. */
  #rejectCall({ callId, callerJid }: IncomingCall): void {
    this.#parts.connector.connection?.commands
      .rejectCall(callId, callerJid)
      .catch((error) => this.#context.log.warn({ error: String(error) }, 'a call could not be rejected, it rings out'))
  }

  /** A frame got no answer: the socket is replaced, and what it did not confirm is sent again. */
  #replaceConnection(): void {
    if (!this.#parts.connector.connection || this.#isStopped) return
    this.#context.log.warn('a message had no answer, the connection is replaced')
    this.#parts.connector.close(NO_ANSWER)
  }

  async #stopBroken(error: Error): Promise<void> {
    this.#context.log.error({ error: error.message }, 'the session is stopped: its events clash')
    const reason = { code: 'sequence_clash', retryable: false, nextAction: 'contact_operator', since: Date.now() }
    await this.#parts.standing
      .write('failed', reason)
      .catch((cause) => this.#context.log.error({ error: String(cause) }, 'not said'))
    this.#listener.onStop('failed')
  }
}
