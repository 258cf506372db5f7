import type { SessionReason, SessionStatus } from '../../shared/core/session-status.ts'
import type { SessionRow } from '../../shared/store/rows/session.ts'
import { LogLostError, type SessionLog } from '../auth-log/session-log.ts'
import type { DisconnectInfo } from '../whatsapp/connection.ts'
import { DISCONNECT_MESSAGES } from '../whatsapp/disconnect.ts'
import { AutoRead } from './auto-read.ts'
import type { IncomingCall } from './call-notes.ts'
import { isLinkedCredentials, planConnection } from './connect-plan.ts'
import { connectionEvents } from './connection-events.ts'
import { Connector } from './connector.ts'
import { ContactBook } from './contact-book.ts'
import { Housekeeping } from './housekeeping.ts'
import { Journal } from './journal.ts'
import { MediaInbox } from './media-inbox.ts'
import type { MemoryWatch } from './memory-watch.ts'
import { OperationRunner } from './operations/operation-runner.ts'
import { Outbox } from './outbox.ts'
import { Pacer } from './pacer.ts'
import { PresenceTeller } from './presence-teller.ts'
import { Projector } from './projector.ts'
import { loadSentProto } from './sent-proto.ts'
import type { SessionContext } from './session-context.ts'
import { Standing } from './standing.ts'
import type { SessionStop } from './stop-decision.ts'

const STABLE_MS = 10 * 60_000
const NO_ANSWER: DisconnectInfo = { code: 408, message: 'No answer to a message' }
const BACKPRESSURE: DisconnectInfo = { code: 0, message: DISCONNECT_MESSAGES.backpressure }
const LIVE_STATUSES: readonly SessionStatus[] = ['connecting', 'connected', 'reconnecting', 'restricted']

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
  readonly #standing: Standing
  readonly #projector: Projector
  readonly #outbox: Outbox
  readonly #operations: OperationRunner
  readonly #presence: PresenceTeller
  readonly #connector: Connector
  readonly #housekeeping: Housekeeping
  readonly #endMemoryWatch: () => void
  readonly #mediaInbox: MediaInbox
  #stableTimer: NodeJS.Timeout | null = null
  #isStopped = false

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
    const journal = new Journal(sessionLog, () => this.#projector.kick())
    this.#standing = new Standing({ context, sessionLog, journal, row: input.row })
    const book = new ContactBook(context)
    this.#housekeeping = new Housekeeping({
      context,
      sessionLog,
      journal,
      standing: this.#standing,
      book,
      settled: () => this.#projector.settled(),
      isConnected: () => this.#connector.connection?.isOpen ?? false,
    })
    this.#mediaInbox = new MediaInbox({ context, sessionLog, journal })
    this.#outbox = new Outbox({
      context,
      sessionLog,
      journal,
      book,
      pacer: new Pacer({ context, standing: this.#standing, book }),
      standing: this.#standing,
      onNoAck: () => this.#replaceConnection(),
      ackTimeoutMs: context.services.ackTimeoutMs,
    })
    this.#presence = new PresenceTeller(context, book)
    this.#operations = new OperationRunner({ context, sessionLog, book, standing: this.#standing })
    const autoRead = new AutoRead({
      context,
      standing: this.#standing,
      onAccepted: () => this.#operations.ring(),
    })
    this.#projector = new Projector({
      beforeDone: (records) => autoRead.accept(records),
      context,
      sessionLog,
      own: () => this.#standing.own,
      book,
      onProjected: (records) => {
        this.#outbox.onProjected(records)
        this.#housekeeping.afterProjection()
        if (records.some((record) => record.t === 'in' && record.event?.keepsProto)) this.#mediaInbox.ring()
      },
      onBroken: (error) => void this.#stopBroken(error),
      onBackpressure: () => {
        if (this.#connector.connection) this.#connector.close(BACKPRESSURE)
      },
    })
    this.#connector = new Connector({
      context,
      sessionLog,
      listener: {
        eventsFor: (isCurrent) => this.#eventsFor(isCurrent),
        isFull: () => !this.#projector.hasRoom(),
        plan: () => planConnection(this.#standing.row, this.#log.state.creds),
        loadSentProto: (whatsappId) => loadSentProto(context, sessionLog, whatsappId),
        isOurs: () => this.#listener.isOurs(),
        onDoubt: () => this.#listener.onDoubt(),
        onDetached: () => this.#detach(),
        onReconnecting: (status, reason) => this.#sayReconnecting(status, reason),
        onStopped: (stop, resumeAt) => this.#sayStopped(stop, resumeAt),
      },
    })
  }

  get inFlightCount(): number {
    return this.#outbox.inFlightCount
  }

  ring(): void {
    this.#outbox.ring()
  }

  ringOperations(): void {
    this.#operations.ring()
  }

  /** Rows that an earlier owner left undone, and messages that ended without an owner; needs no socket. */
  async replay(): Promise<void> {
    // A replayed state is older than what META says.
    const before = this.#standing.row
    const count = this.#log.state.undone().length
    if (count > 0) {
      this.#context.log.info({ count }, 'replaying undone records')
      await this.#context.services.replayAlone(this.#context.sessionId, () => this.#projector.replay())
      // A replayed state record may have changed what the row says, a pairing above all.
      await this.#standing.renew()
    }
    await this.#housekeeping.afterOpen(before)
  }

  /** Connects, unless it is connected or about to. */
  async start(): Promise<'started' | 'nothingToDo'> {
    if (this.#connector.isActive) return 'started'
    const plan = planConnection(this.#standing.row, this.#log.state.creds)
    if (plan.plan === 'nothing') return 'nothingToDo'
    await this.#standing.write(plan.plan === 'login' ? 'connecting' : 'linking', null)
    if (plan.plan === 'link') {
      this.#connector.forget(false)
      this.#log.append([{ t: 'creds', creds: null }])
    }
    this.#connector.connectSoon()
    return 'started'
  }

  /** The tenant may have changed a setting, or asked for another way to link while we show the first one. */
  async review(): Promise<void> {
    if (this.#isStopped) return
    const row = await this.#standing.readRow()
    if (!row) return
    const isNewLink = row.link !== null && row.link.requestedAt !== this.#standing.row?.link?.requestedAt
    this.#standing.takeRow(row)
    this.#outbox.repace()
    if (this.#connector.isLinked || !isNewLink) return
    await this.#connector.drop()
    await this.start()
  }

  /** Asked for by the tenant: earlier failures are forgotten. */
  async restart(): Promise<void> {
    if (!this.#connector.isLinked || this.#isStopped) return
    await this.#connector.drop()
    this.#connector.forget(true)
    await this.start()
  }

  /** Unlinks the device at WhatsApp if it can be reached, and says loggedOut either way. */
  async logOut(): Promise<void> {
    if (!isLinkedCredentials(this.#log.state.creds) || this.#standing.status === 'loggedOut') return
    const isOpen = await this.#connector.openForLogout()
    if (isOpen && this.#connector.connection) await this.#connector.connection.logout()
    else await this.#connector.drop()
    const code = isOpen ? 'logged_out' : 'logout_unconfirmed'
    const reason = { code, retryable: false, nextAction: 'link', since: Date.now() }
    this.#standing.say({ status: 'loggedOut', reason, eventType: 'session.loggedOut' })
  }

  /** @param says `stopped` by the tenant, `moved` to another worker, `recycled` by us, null: what was said stands */
  async stop(says: 'stopped' | 'moved' | 'recycled' | null): Promise<void> {
    this.#housekeeping.stop()
    this.#endMemoryWatch()
    await Promise.all([this.#outbox.stop(), this.#operations.stop(), this.#mediaInbox.stop()])
    this.#isStopped = true
    this.#connector.stop()
    await this.#connector.drop()
    await this.#standing.clearSight()
    if (this.#standing.status === 'loggedOut') await this.#housekeeping.endMessages('loggedOut')
    const isLinked = isLinkedCredentials(this.#log.state.creds)
    const isLive = LIVE_STATUSES.includes(this.#standing.status)
    if (says === 'stopped' && isLinked && isLive)
      this.#standing.say({ status: 'stopped', reason: null, eventType: 'session.disconnected' })
    if (says === 'moved' && isLinked && isLive) {
      const reason = { code: 'moved', retryable: true, nextAction: 'wait', since: Date.now() }
      this.#standing.say({ status: 'reconnecting', reason, eventType: 'session.moved' })
    }
    if (says === 'recycled' && isLinked && isLive) {
      const reason = { code: 'memory_budget', retryable: true, nextAction: 'wait', since: Date.now() }
      this.#standing.say({ status: 'reconnecting', reason, eventType: 'session.disconnected' })
    }
    await this.#projector.settled()
    if (says === 'stopped' && !isLinked && this.#standing.status === 'linking')
      await this.#standing.write('created', null)
    await this.#log.close()
  }

  /** Nothing that waits will ever be sent. */
  endMessages(): Promise<void> {
    return this.#housekeeping.endMessages('deleted')
  }

  /** Leaves without another word. */
  abandon(): void {
    this.#housekeeping.stop()
    this.#endMemoryWatch()
    this.#isStopped = true
    this.#connector.stop()
    this.#projector.stop()
    this.#log.abandon()
    this.#outbox.detach()
    this.#operations.detach()
    void this.#outbox.stop()
    void this.#mediaInbox.stop()
    void this.#operations.stop()
    void this.#connector.drop()
  }

  #eventsFor(isCurrent: () => boolean) {
    return connectionEvents(
      {
        sessionLog: this.#log,
        standing: this.#standing,
        connector: this.#connector,
        outbox: this.#outbox,
        mediaInbox: this.#mediaInbox,
        operations: this.#operations,
        projector: this.#projector,
        presence: this.#presence,
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
    if (this.#stableTimer) clearTimeout(this.#stableTimer)
    this.#outbox.detach()
    this.#mediaInbox.detach()
    this.#operations.detach()
  }

  #sayReconnecting(status: SessionStatus, reason: SessionReason | null): void {
    if (reason && status !== this.#standing.status)
      this.#standing.say({ status, reason, eventType: 'session.disconnected' })
  }

  #sayStopped(stop: SessionStop, resumeAt: number | null): void {
    try {
      this.#standing.say(stop)
    } catch (error) {
      if (error instanceof LogLostError) return
      throw error
    }
    if (resumeAt === null) this.#listener.onStop(stop.status)
  }

  /** It is told before it is rejected: the gate holds the frame until the record is durable. */
  #rejectCall({ callId, callerJid }: IncomingCall): void {
    this.#connector.connection?.commands
      .rejectCall(callId, callerJid)
      .catch((error) => this.#context.log.warn({ error: String(error) }, 'a call could not be rejected, it rings out'))
  }

  /** A frame got no answer: the socket is replaced, and what it did not confirm is sent again. */
  #replaceConnection(): void {
    if (!this.#connector.connection || this.#isStopped) return
    this.#context.log.warn('a message had no answer, the connection is replaced')
    this.#connector.close(NO_ANSWER)
  }

  async #stopBroken(error: Error): Promise<void> {
    this.#context.log.error({ error: error.message }, 'the session is stopped: its events clash')
    const reason = { code: 'sequence_clash', retryable: false, nextAction: 'contact_operator', since: Date.now() }
    await this.#standing
      .write('failed', reason)
      .catch((cause) => this.#context.log.error({ error: String(cause) }, 'not said'))
    this.#listener.onStop('failed')
  }
}
