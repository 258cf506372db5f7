import { emitMetrics } from '../../shared/log/metrics.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { WhatsAppConnection } from '../whatsapp/connection.ts'

/** One message from its claim until its OPEN row is gone. */
export interface Flight {
  readonly connection: WhatsAppConnection
  readonly startedAt: number
  /** nobody wrote in this chat before */
  readonly isNewChat: boolean
  timer: NodeJS.Timeout | null
  /** its end is in the log, its rows are being written */
  isEnding: boolean
}

/** The messages of a session that are under way. */
export class InFlight {
  readonly #sessionLog: SessionLog
  readonly #dimensions: Readonly<Record<string, string>>
  readonly #onLanded: () => void
  readonly #flights = new Map<string, Flight>()
  #emptied: (() => void)[] = []

  constructor(input: {
    sessionLog: SessionLog
    dimensions: Readonly<Record<string, string>>
    /** there is room for another one */
    onLanded: () => void
  }) {
    this.#sessionLog = input.sessionLog
    this.#dimensions = input.dimensions
    this.#onLanded = input.onLanded
  }

  get size(): number {
    return this.#flights.size
  }

  has(messageId: string): boolean {
    return this.#flights.has(messageId)
  }

  get(messageId: string): Flight | undefined {
    return this.#flights.get(messageId)
  }

  start(messageId: string, connection: WhatsAppConnection, isNewChat: boolean): void {
    this.#flights.set(messageId, { connection, isNewChat, startedAt: performance.now(), timer: null, isEnding: false })
  }

  /** Journals an end; the message stays in flight until its rows are written. */
  end(messageId: string, journal: () => void): void {
    const flight = this.#flights.get(messageId)
    if (flight?.timer) clearTimeout(flight.timer)
    const before = this.#sessionLog.lastLsn
    journal()
    if (!flight) return
    flight.timer = null
    const wasWaiting = !flight.isEnding
    flight.isEnding = true
    if (wasWaiting)
      emitMetrics({ message_send_latency_ms: [performance.now() - flight.startedAt, 'Milliseconds'] }, this.#dimensions)
    // The log knew it already: no record, so nobody will report its projection.
    if (this.#sessionLog.lastLsn === before && this.#sessionLog.state.undone().length === 0) this.land(messageId)
  }

  land(messageId: string): void {
    const flight = this.#flights.get(messageId)
    if (!flight) return
    if (flight.timer) clearTimeout(flight.timer)
    this.#flights.delete(messageId)
    if (this.#flights.size === 0) for (const resolve of this.#emptied.splice(0)) resolve()
    this.#onLanded()
  }

  /** The connection closed: what has no end yet is free to be sent again. */
  landUnanswered(): void {
    for (const [messageId, flight] of this.#flights) if (!flight.isEnding) this.land(messageId)
  }

  landAll(): void {
    for (const messageId of [...this.#flights.keys()]) this.land(messageId)
  }

  /** Resolves when nothing is in flight, or after the time. */
  async emptied(atMostMs: number): Promise<void> {
    if (this.#flights.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#emptied.push(resolve)
    const timer = setTimeout(resolve, atMostMs)
    await promise
    clearTimeout(timer)
  }
}
