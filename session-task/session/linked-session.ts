import type { SessionReason, SessionStatus } from '../../shared/core/session-status.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import { Messages } from '../../shared/store/messages.ts'
import { messageProtoPlace } from '../../shared/store/places.ts'
import type { SessionRow } from '../../shared/store/rows.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import { LogLostError, type SessionLog } from '../auth-log/session-log.ts'
import type { ConnectionEvents, DisconnectInfo, WhatsAppConnection } from '../whatsapp/connection.ts'
import { DISCONNECT_MESSAGES } from '../whatsapp/disconnect.ts'
import { decideReconnect, NEW_HISTORY, type ReconnectHistory } from '../whatsapp/reconnect-decision.ts'
import { type ConnectPlan, isLinkedCredentials, planConnection } from './connect-plan.ts'
import { inboundRecordOf } from './inbound.ts'
import { Journal } from './journal.ts'
import { Outbox } from './outbox.ts'
import { Projector } from './projector.ts'
import type { SessionContext } from './session-context.ts'
import { describeStop, type SessionStop } from './stop-decision.ts'

const STABLE_MS = 10 * 60_000
const LOGOUT_CONNECT_MS = 20_000
const BACKPRESSURE_RETRY_MS = 5_000
const NO_ANSWER: DisconnectInfo = { code: 408, message: 'No answer to a message' }

type Identity = Parameters<ConnectionEvents['onOpen']>[0]

/** A session whose log is open: its connection, its outbox, its projector. One connection at a time. */
export class LinkedSession {
  readonly #context: SessionContext
  readonly #log: SessionLog
  readonly #journal: Journal
  readonly #projector: Projector
  readonly #outbox: Outbox
  readonly #sessions: Sessions
  readonly #isOurs: () => Promise<boolean>
  readonly #onStop: (status: SessionStatus) => void
  readonly #onDoubt: () => void
  readonly #onStable: () => void
  #row: SessionRow | null
  #status: SessionStatus
  #own: { phone: string | null; lid: string | null }
  #history: ReconnectHistory
  #connection: WhatsAppConnection | null = null
  #closing: Promise<void> = Promise.resolve()
  #connecting = false
  #retryTimer: NodeJS.Timeout | null = null
  #stableTimer: NodeJS.Timeout | null = null
  #isStopped = false
  #isLoggingOut = false
  #openWaiters: ((isOpen: boolean) => void)[] = []

  constructor(input: {
    context: SessionContext
    sessionLog: SessionLog
    row: SessionRow | null
    isOurs: () => Promise<boolean>
    /** no reconnect will come; the state is journaled */
    onStop: (status: SessionStatus) => void
    /** somebody else may own the session */
    onDoubt: () => void
    /** connected for 10 min */
    onStable: () => void
  }) {
    this.#context = input.context
    this.#log = input.sessionLog
    this.#row = input.row
    this.#isOurs = input.isOurs
    this.#onStop = input.onStop
    this.#onDoubt = input.onDoubt
    this.#onStable = input.onStable
    this.#status = input.row?.status ?? 'stopped'
    this.#own = { phone: input.row?.phone ?? null, lid: input.row?.lid ?? null }
    this.#history = { ...NEW_HISTORY, isLinked: isLinkedCredentials(input.sessionLog.state.creds) }
    this.#sessions = new Sessions(input.context.services.tables, input.context.scope)
    this.#journal = new Journal(input.sessionLog, () => this.#projector.kick())
    this.#outbox = new Outbox({
      context: input.context,
      sessionLog: input.sessionLog,
      journal: this.#journal,
      onNoAck: () => this.#recycle(),
      ackTimeoutMs: input.context.services.ackTimeoutMs,
    })
    this.#projector = new Projector({
      context: input.context,
      sessionLog: input.sessionLog,
      own: () => this.#own,
      onProjected: (records) => this.#outbox.onProjected(records),
      onBroken: (error) => void this.#stopBroken(error),
      onBackpressure: () => {
        if (this.#connection) this.#onClose({ code: 0, message: DISCONNECT_MESSAGES.backpressure })
      },
    })
  }

  get inFlightCount(): number {
    return this.#outbox.inFlightCount
  }

  ring(): void {
    this.#outbox.ring()
  }

  /** Rows that an earlier owner left undone; needs no socket. */
  async replay(): Promise<void> {
    const count = this.#log.state.undone().length
    if (count === 0) return
    this.#context.log.info({ count }, 'replaying undone records')
    await this.#context.services.replayAlone(this.#context.sessionId, () => this.#projector.settled())
    // A replayed state record may have changed what the row says, a pairing above all.
    this.#row = await this.#sessions.get(this.#context.sessionId)
    this.#status = this.#row?.status ?? this.#status
    this.#own = { phone: this.#row?.phone ?? this.#own.phone, lid: this.#row?.lid ?? this.#own.lid }
  }

  /** Connects, unless it is connected or about to. */
  async start(): Promise<'started' | 'nothingToDo'> {
    if (this.#connection || this.#connecting || this.#retryTimer) return 'started'
    const plan = planConnection(this.#row, this.#log.state.creds)
    if (plan.plan === 'nothing') return 'nothingToDo'
    this.#status = plan.plan === 'login' ? 'connecting' : 'linking'
    await this.#sessions.writeState(this.#context.sessionId, this.#log.epoch, { status: this.#status, reason: null })
    if (plan.plan === 'link') {
      this.#history = { ...NEW_HISTORY }
      this.#log.append([{ t: 'creds', creds: null }])
    }
    this.#connectSoon()
    return 'started'
  }

  /** The tenant may have asked for another way to link while we show the first one. */
  async reviewLink(): Promise<void> {
    if (this.#history.isLinked || this.#isStopped) return
    const row = await this.#sessions.get(this.#context.sessionId)
    if (!row?.link || row.link.requestedAt === this.#row?.link?.requestedAt) return
    this.#row = row
    await this.#dropConnection()
    await this.start()
  }

  /** Asked for by the tenant: earlier failures are forgotten. */
  async restart(): Promise<void> {
    if (!this.#history.isLinked || this.#isStopped) return
    await this.#dropConnection()
    this.#history = { ...NEW_HISTORY, isLinked: true }
    await this.start()
  }

  /** Unlinks the device at WhatsApp if it can be reached, and says loggedOut either way. */
  async logOut(): Promise<void> {
    if (!isLinkedCredentials(this.#log.state.creds) || this.#status === 'loggedOut') return
    this.#isLoggingOut = true
    if (this.#retryTimer) clearTimeout(this.#retryTimer)
    this.#retryTimer = null
    const isOpen = this.#connection?.isOpen || (await this.#openForLogout())
    if (isOpen && this.#connection) await this.#connection.logout()
    else await this.#dropConnection()
    const code = isOpen ? 'logged_out' : 'logout_unconfirmed'
    const reason = { code, retryable: false, nextAction: 'link', since: Date.now() }
    this.#say({ status: 'loggedOut', reason, eventType: 'session.loggedOut' })
  }

  /** @param says `stopped` by the tenant, `moved` to another worker, null: what was said stands */
  async stop(says: 'stopped' | 'moved' | null): Promise<void> {
    await this.#outbox.stop()
    this.#isStopped = true
    await this.#dropConnection()
    await this.#sessions.clearLinkSight(this.#context.sessionId).catch((error) => {
      this.#context.log.warn({ error: String(error) }, 'the QR on show was not taken away; it expires by itself')
    })
    const isLinked = isLinkedCredentials(this.#log.state.creds)
    const isLive = ['connecting', 'connected', 'reconnecting', 'restricted'].includes(this.#status)
    if (says === 'stopped' && isLinked && isLive)
      this.#say({ status: 'stopped', reason: null, eventType: 'session.disconnected' })
    await this.#projector.settled()
    if (says === 'stopped' && !isLinked && this.#status === 'linking') await this.#write('created', null)
    if (says === 'moved' && isLive)
      await this.#write('reconnecting', { code: 'moved', retryable: true, nextAction: 'wait', since: Date.now() })
    await this.#log.close()
  }

  /** Leaves without another word. */
  abandon(): void {
    this.#isStopped = true
    this.#projector.stop()
    this.#log.abandon()
    this.#outbox.detach()
    void this.#outbox.stop()
    void this.#dropConnection()
  }

  #connectSoon(delayMs = 0): void {
    if (delayMs === 0) return void this.#connect().catch((error) => this.#afterConnectError(error))
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null
      this.#connect().catch((error) => this.#afterConnectError(error))
    }, delayMs)
  }

  #afterConnectError(error: unknown): void {
    this.#connecting = false
    if (error instanceof LogLostError || this.#isStopped) return
    this.#context.log.error({ error: String(error) }, 'the connection could not be made')
    this.#onClose({ code: 500, message: String(error) })
  }

  async #connect(): Promise<void> {
    if (this.#connecting || this.#connection) return
    this.#connecting = true
    await this.#closing
    await this.#context.services.connectTurn()
    this.#connecting = false
    if (this.#isStopped || this.#connection) return
    // While rows cannot be written nothing more is taken in: WhatsApp keeps it for us.
    if (this.#projector.isFull()) return this.#connectSoon(BACKPRESSURE_RETRY_MS)
    const { services, log } = this.#context
    const plan: ConnectPlan = this.#history.isLinked
      ? { plan: 'login' }
      : planConnection(this.#row, this.#log.state.creds)
    if (plan.plan === 'nothing') return
    let connection: WhatsAppConnection | null = null
    const isCurrent = () => connection !== null && this.#connection === connection
    connection = services.openConnection({
      log: this.#log,
      url: services.socketUrl,
      version: services.whatsappVersion,
      link: plan.plan === 'link' ? plan.link : null,
      events: this.#eventsFor(isCurrent),
      loadSentProto: (whatsappId) => this.#loadSentProto(whatsappId),
      logger: log,
    })
    this.#connection = connection
  }

  #eventsFor(isCurrent: () => boolean): ConnectionEvents {
    /** The library does not expect its listeners to throw; a lost log reports itself. */
    const guarded =
      <T>(handle: (data: T) => void) =>
      (data: T): void => {
        try {
          handle(data)
        } catch (error) {
          if (!(error instanceof LogLostError)) throw error
        }
      }
    return {
      onQr: ({ text, expiresAt, attempt }) => this.#show({ qr: text, code: null, attempt, expiresAt }),
      onPairingCode: ({ code, expiresAt }) => this.#show({ qr: null, code, attempt: 1, expiresAt }),
      onPaired: guarded((identity) => {
        this.#history = { ...this.#history, isLinked: true }
        this.#remember(identity)
        this.#say({ status: 'connecting', reason: null, eventType: 'session.linked' })
        void this.#clearSight()
      }),
      onOpen: guarded((identity) => {
        if (!isCurrent() || !this.#connection) return
        this.#history = { ...this.#history, isLinked: true, openedAt: Date.now() }
        this.#remember(identity)
        for (const resolve of this.#openWaiters.splice(0)) resolve(true)
        if (this.#isLoggingOut) return
        this.#say({ status: 'connected', reason: null, eventType: 'session.connected' }, identity.pushName)
        this.#outbox.attach(this.#connection)
        if (this.#stableTimer) clearTimeout(this.#stableTimer)
        this.#stableTimer = setTimeout(this.#onStable, STABLE_MS)
        this.#stableTimer.unref()
      }),
      onClose: guarded((info) => {
        if (isCurrent()) this.#onClose(info)
      }),
      onDecrypted: (stanza) => {
        // The record is appended by the caller in this same run; its rows follow a moment later.
        setImmediate(() => this.#projector.kick())
        return inboundRecordOf(this.#log, stanza, this.#own, Date.now())
      },
      onServerAck: guarded((ack) => this.#outbox.onServerAck(ack)),
      onReceipt: guarded((receipt) => this.#outbox.onReceipt(receipt)),
    }
  }

  #onClose(info: DisconnectInfo): void {
    const closed = this.#connection
    this.#connection = null
    if (this.#stableTimer) clearTimeout(this.#stableTimer)
    this.#outbox.detach()
    // The end of the library's socket is still under way; the next one must not share the log with it.
    if (closed) this.#closing = closed.close().catch(() => undefined)
    this.#context.log.info({ code: info.code, reason: info.message, data: info.data }, 'connection closed')
    if (this.#isStopped || this.#isLoggingOut) {
      for (const resolve of this.#openWaiters.splice(0)) resolve(false)
      return
    }
    const { decision, history } = decideReconnect(info, this.#history, Date.now(), Math.random())
    this.#history = history
    switch (decision.action) {
      case 'none':
        return
      case 'reconnect': {
        if (decision.alarm) this.#context.log.error({ code: info.code, reason: decision.reason }, 'needs a look')
        emitMetrics({ session_reconnect_count: [1, 'Count'] }, { mode: this.#context.scope.mode })
        if (decision.reason && decision.status !== this.#status)
          this.#say({ status: decision.status, reason: decision.reason, eventType: 'session.disconnected' })
        if (decision.verifyOwnership) void this.#connectIfOurs(decision.delayMs)
        else this.#connectSoon(decision.delayMs)
        return
      }
      case 'stop': {
        const stop = describeStop(info, decision)
        if (decision.alarm) this.#context.log.error({ code: info.code, reason: stop.reason }, 'needs a look')
        void this.#closing.then(() => this.#sayStop(stop, decision.resumeAt))
        return
      }
    }
  }

  #sayStop(stop: SessionStop, resumeAt: number | null): void {
    if (this.#isStopped) return
    try {
      this.#say(stop)
    } catch (error) {
      if (error instanceof LogLostError) return
      throw error
    }
    if (resumeAt !== null) this.#connectSoon(Math.min(resumeAt - Date.now(), 2 ** 31 - 1))
    else this.#onStop(stop.status)
  }

  async #connectIfOurs(delayMs: number): Promise<void> {
    try {
      if (await this.#isOurs()) this.#connectSoon(delayMs)
      else this.#onDoubt()
    } catch (error) {
      this.#context.log.warn({ error: String(error) }, 'ownership cannot be verified')
      this.#onDoubt()
    }
  }

  /** A frame got no answer: the socket is replaced, and what it did not confirm is sent again. */
  #recycle(): void {
    const connection = this.#connection
    if (!connection || this.#isStopped) return
    this.#context.log.warn('a message had no answer, the connection is replaced')
    this.#onClose(NO_ANSWER)
  }

  async #dropConnection(): Promise<void> {
    if (this.#stableTimer) clearTimeout(this.#stableTimer)
    if (this.#retryTimer) clearTimeout(this.#retryTimer)
    this.#retryTimer = null
    const connection = this.#connection
    this.#connection = null
    this.#outbox.detach()
    await connection?.close()
    await this.#closing
  }

  async #openForLogout(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#openWaiters.push(resolve)
    const timer = setTimeout(() => resolve(false), LOGOUT_CONNECT_MS)
    if (!this.#connection) this.#connectSoon()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }

  async #stopBroken(error: Error): Promise<void> {
    this.#context.log.error({ error: error.message }, 'the session is stopped: its events clash')
    const reason = { code: 'sequence_clash', retryable: false, nextAction: 'contact_operator', since: Date.now() }
    await this.#write('failed', reason).catch((cause) => this.#context.log.error({ error: String(cause) }, 'not said'))
    this.#onStop('failed')
  }

  #remember(identity: Identity): void {
    this.#own = { phone: identity.phone, lid: identity.lid ?? this.#own.lid }
  }

  #say(
    to: { status: SessionStatus; reason: SessionReason | null; eventType: string },
    pushName: string | null = null,
  ): void {
    const from = this.#status
    this.#status = to.status
    const facts = { ...this.#own, pushName }
    // Logged-out credentials are worthless; without them the next start links anew instead of getting another 401.
    const more = to.status === 'loggedOut' ? [{ t: 'creds' as const, creds: null }] : []
    this.#journal.state({ from, to: to.status, reason: to.reason, eventType: to.eventType, facts }, more)
    this.#context.log.info({ from, to: to.status, reason: to.reason?.code }, to.eventType)
  }

  async #write(status: SessionStatus, reason: SessionReason | null): Promise<void> {
    this.#status = status
    await this.#sessions.writeState(this.#context.sessionId, this.#log.epoch, { status, reason })
  }

  #show(sight: Parameters<Sessions['putLinkSight']>[1]): void {
    this.#sessions.putLinkSight(this.#context.sessionId, sight).catch((error) => {
      this.#context.log.warn({ error: String(error) }, 'the QR or code could not be shown')
    })
  }

  async #clearSight(): Promise<void> {
    await this.#sessions.clearLinkSight(this.#context.sessionId).catch((error) => {
      this.#context.log.warn({ error: String(error) }, 'the QR on show was not taken away; it expires by itself')
    })
  }

  async #loadSentProto(whatsappId: string): Promise<Uint8Array | undefined> {
    const messageId = this.#log.state.messageIdOf(whatsappId)
    if (!messageId) return undefined
    const { services, scope } = this.#context
    const row = await new Messages(services.tables, scope).get(messageId)
    return row?.proto && services.tenantKeys.openRaw(scope, messageProtoPlace(messageId), row.proto)
  }
}
