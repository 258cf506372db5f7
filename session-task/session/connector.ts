import type { VersionParts } from '../../shared/core/client-version.ts'
import type { SessionReason, SessionStatus } from '../../shared/core/session-status.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import type { Sealed } from '../../shared/store/rows/fields.ts'
import { LogLostError, type SessionLog } from '../auth-log/session-log.ts'
import { steadyNow } from '../auth-log/steady-now.ts'
import type { ConnectionEvents, ConnectionOptions, WhatsAppConnection } from '../whatsapp/connection.ts'
import { DISCONNECT_MESSAGES, type DisconnectInfo } from '../whatsapp/disconnect.ts'
import type { Egress } from '../whatsapp/egress.ts'
import { NEW_HISTORY, type ReconnectHistory } from '../whatsapp/reconnect-decision.ts'
import { decideAfterClose } from './after-close.ts'
import { clearToConnect } from './connect-clearance.ts'
import { type ConnectPlan, isLinkedCredentials } from './connect-plan.ts'
import type { SessionContext } from './session-context.ts'
import { describeStop, type SessionStop } from './stop-decision.ts'

const LOGOUT_CONNECT_MS = 20_000
const BACKPRESSURE_RETRY_MS = 5_000
/** a connection is replaced after 6 to 12 h: some go deaf without a sign (baileys-facts §1.7) */
const LIFE_MS = 6 * 3_600_000
const OUTDATED = 405
const HOLD_SPREAD_MS = 30_000
const RELEASE_SPREAD_MS = 5_000
const TIMER_MAX_MS = 2 ** 31 - 1

export interface ConnectorListener {
  /** listeners of a new socket; `isCurrent` says whether it is still the session's */
  eventsFor(isCurrent: () => boolean): ConnectionEvents
  /** rows cannot be written and too much waits for them: nothing more may come in */
  isFull(): boolean
  /** how to connect while the session is not linked */
  plan(): ConnectPlan
  loadSentProto: ConnectionOptions['loadSentProto']
  isOurs(): Promise<boolean>
  /** the proxy of its own that the session has now, sealed; null: none */
  ownProxy(): Sealed | null
  /** somebody else may own the session */
  onDoubt(): void
  /** the connection is gone, whatever comes next */
  onDetached(): void
  /** another connection will follow; `reason` null: as expected */
  onReconnecting(status: SessionStatus, reason: SessionReason | null): void
  /** no reconnect will come, or not before `resumeAt` */
  onStopped(stop: SessionStop, resumeAt: number | null): void
}

/** The connections of a session, one at a time: opens them, decides what follows a close, waits in between. */
export class Connector {
  readonly #context: SessionContext
  readonly #log: SessionLog
  readonly #listener: ConnectorListener
  #history: ReconnectHistory
  #connection: WhatsAppConnection | null = null
  #closing: Promise<void> = Promise.resolve()
  #connecting = false
  #wasConnected = false
  #retryTimer: NodeJS.Timeout | null = null
  #forgetRelease: (() => void) | null = null
  #version: VersionParts
  #lifeTimer: NodeJS.Timeout | null = null
  #isStopped = false
  #waitsForProxy = false
  #isLoggingOut = false
  #openWaiters: ((isOpen: boolean) => void)[] = []

  constructor(input: { context: SessionContext; sessionLog: SessionLog; listener: ConnectorListener }) {
    this.#context = input.context
    this.#log = input.sessionLog
    this.#listener = input.listener
    this.#history = { ...NEW_HISTORY, isLinked: isLinkedCredentials(input.sessionLog.state.creds) }
    this.#version = input.context.services.clientVersion.version
  }

  get connection(): WhatsAppConnection | null {
    return this.#connection
  }

  /** connected, about to be, or waiting to try again */
  get isActive(): boolean {
    return this.#connection !== null || this.#connecting || this.#retryTimer !== null
  }

  get isLinked(): boolean {
    return this.#history.isLinked
  }

  get isLoggingOut(): boolean {
    return this.#isLoggingOut
  }

  /** Earlier failures are forgotten. */
  forget(isLinked: boolean): void {
    this.#history = { ...NEW_HISTORY, isLinked }
  }

  onPaired(): void {
    this.#history = { ...this.#history, isLinked: true }
  }

  onOpen(): void {
    this.#history = { ...this.#history, isLinked: true, openedAt: steadyNow() }
    for (const resolve of this.#openWaiters.splice(0)) resolve(true)
    const { clientVersion, connectionLifeMs = LIFE_MS } = this.#context.services
    clientVersion.onAccepted(this.#version)
    if (this.#lifeTimer) clearTimeout(this.#lifeTimer)
    this.#lifeTimer = setTimeout(() => void this.#replace(), connectionLifeMs * (1 + Math.random()))
    this.#lifeTimer.unref()
  }

  connectSoon(delayMs = 0, verifyOwnership = false): void {
    const connect = () => {
      this.#stopRetrying()
      this.#connect(verifyOwnership).catch((error) => this.#afterConnectError(error))
    }
    if (this.#retryTimer) clearTimeout(this.#retryTimer)
    this.#retryTimer = null
    if (delayMs === 0) connect()
    else this.#retryTimer = setTimeout(connect, delayMs)
  }

  /** After the delay, or soon after another version was configured or the present one was accepted elsewhere. */
  #connectWithOtherVersion(delayMs: number): void {
    this.connectSoon(delayMs)
    this.#forgetRelease?.()
    this.#forgetRelease = this.#context.services.clientVersion.whenReleased(() =>
      this.connectSoon(Math.ceil(Math.random() * RELEASE_SPREAD_MS)),
    )
  }

  /**
   * The session's proxy changed: what is connected connects anew, and whoever waits for a proxy waits no longer. Waiting
   * for anything else, a ban above all, is not cut short: the next connection goes the new way.
   */
  async changeWay(): Promise<void> {
    if (this.#isStopped || this.#isLoggingOut) return
    if (this.#connection) {
      this.#context.log.info('the proxy changed, the connection is replaced')
      await this.drop()
    } else if (!this.#waitsForProxy) return
    if (!this.#isStopped && !this.#isLoggingOut) this.connectSoon()
  }

  /** No connection follows the present one by itself any more. */
  stop(): void {
    this.#isStopped = true
    this.#forgetRelease?.()
  }

  async drop(): Promise<void> {
    this.#stopWaiting()
    const connection = this.#connection
    this.#connection = null
    this.#listener.onDetached()
    await connection?.close()
    await this.#closing
  }

  /** Connects, if it has to, only to log out. @returns whether it is open */
  async openForLogout(): Promise<boolean> {
    this.#isLoggingOut = true
    this.#stopWaiting()
    if (this.#connection?.isOpen) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#openWaiters.push(resolve)
    const timer = setTimeout(() => resolve(false), LOGOUT_CONNECT_MS)
    if (!this.#connection) this.connectSoon()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }

  /** The connection closed, or has to: what the disconnect table says comes next. */
  close(info: DisconnectInfo): void {
    const closed = this.#connection
    this.#connection = null
    this.#listener.onDetached()
    // Hundreds of stanzas may be in the library's hands by now.
    if (info.message === DISCONNECT_MESSAGES.backpressure) closed?.closeIntake?.()
    // The end of the library's socket is still under way; the next one must not share the log with it.
    if (closed) this.#closing = closed.close().catch(() => undefined)
    this.#context.log.info({ code: info.code, reason: info.message, data: info.data }, 'connection closed')
    if (this.#isStopped || this.#isLoggingOut) {
      for (const resolve of this.#openWaiters.splice(0)) resolve(false)
      return
    }
    const { openedAt } = this.#history
    if (openedAt !== null)
      emitMetrics(
        { session_uptime_seconds: [(steadyNow() - openedAt) / 1000, 'Seconds'] },
        { mode: this.#context.scope.mode },
      )
    const { decision, history } = decideAfterClose(info, this.#history)
    this.#history = history
    switch (decision.action) {
      case 'none':
        return
      case 'reconnect': {
        if (decision.alarm) this.#context.log.error({ code: info.code, reason: decision.reason }, 'needs a look')
        emitMetrics({ session_reconnect_count: [1, 'Count'] }, { mode: this.#context.scope.mode })
        this.#listener.onReconnecting(decision.status, decision.reason)
        this.#waitsForProxy = info.message === DISCONNECT_MESSAGES.proxyUnreachable
        if (info.code === OUTDATED) {
          this.#context.services.clientVersion.onRefused(this.#context.sessionId, this.#version)
          this.#connectWithOtherVersion(decision.delayMs)
        } else this.connectSoon(decision.delayMs, decision.verifyOwnership)
        return
      }
      case 'stop': {
        const stop = describeStop(info, decision)
        if (decision.alarm) this.#context.log.error({ code: info.code, reason: stop.reason }, 'needs a look')
        void this.#closing.then(() => this.#stopFor(stop, decision.resumeAt))
        return
      }
    }
  }

  #stopFor(stop: SessionStop, resumeAt: number | null): void {
    if (this.#isStopped) return
    if (resumeAt !== null) this.connectSoon(Math.min(Math.max(resumeAt - steadyNow(), 1), TIMER_MAX_MS))
    this.#listener.onStopped(stop, resumeAt)
  }

  /** Silently: nothing is wrong with the session. */
  async #replace(): Promise<void> {
    if (this.#isStopped || this.#isLoggingOut || !this.#connection?.isOpen) return
    this.#context.log.info('the connection is old, it is replaced')
    await this.drop()
    if (!this.#isStopped) this.connectSoon()
  }

  #stopWaiting(): void {
    if (this.#lifeTimer) clearTimeout(this.#lifeTimer)
    this.#stopRetrying()
  }

  #stopRetrying(): void {
    if (this.#retryTimer) clearTimeout(this.#retryTimer)
    this.#retryTimer = null
    this.#forgetRelease?.()
    this.#forgetRelease = null
  }

  #afterConnectError(error: unknown): void {
    this.#connecting = false
    if (error instanceof LogLostError || this.#isStopped) return
    this.#context.log.error({ error: String(error) }, 'the connection could not be made')
    this.close({ code: 500, message: String(error) })
  }

  async #connect(verifyOwnership: boolean): Promise<void> {
    if (this.#connecting || this.#connection) return
    this.#connecting = true
    await this.#closing
    const clearance = await clearToConnect({
      context: this.#context,
      sessionLog: this.#log,
      verifiesOwnership: verifyOwnership,
      isReconnect: this.#wasConnected,
      isOurs: () => this.#listener.isOurs(),
      ownProxy: () => this.#listener.ownProxy(),
      isStopped: () => this.#isStopped,
    })
    this.#connecting = false
    if (this.#isStopped || this.#connection) return
    switch (clearance.answer) {
      case 'stopped':
        return
      case 'notOurs':
        return this.#listener.onDoubt()
      case 'held':
        return this.#connectWithOtherVersion(clearance.heldMs + Math.floor(Math.random() * HOLD_SPREAD_MS))
      case 'go':
        // While rows cannot be written nothing more is taken in: WhatsApp keeps it for us.
        if (this.#listener.isFull()) return this.connectSoon(BACKPRESSURE_RETRY_MS)
        // It changed while this attempt was on its way: never out by the old one, nor by none.
        if (this.#listener.ownProxy() !== clearance.ownProxy) return this.connectSoon()
        return this.#open(clearance.egress)
    }
  }

  #open(egress: Egress | null): void {
    const plan: ConnectPlan = this.#history.isLinked ? { plan: 'login' } : this.#listener.plan()
    if (plan.plan === 'nothing') return
    const { services, log } = this.#context
    this.#version = services.clientVersion.version
    let connection: WhatsAppConnection | null = null
    const isCurrent = () => connection !== null && this.#connection === connection
    connection = services.openConnection({
      log: this.#log,
      url: services.socketUrl,
      version: this.#version,
      egress,
      link: plan.plan === 'link' ? plan.link : null,
      events: this.#listener.eventsFor(isCurrent),
      loadSentProto: this.#listener.loadSentProto,
      logger: log,
    })
    this.#connection = connection
    this.#wasConnected = true
    this.#waitsForProxy = false
  }
}
