import { openTables } from '../../shared/store/tables.ts'
import { makeLogS3Client } from '../auth-log/s3-log-device.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { WorkerServices } from '../session/session-context.ts'
import type { OpenConnection } from '../whatsapp/connection.ts'
import { openConnection } from '../whatsapp/open-connection.ts'
import { RACE_POINTS, type RacePoint } from './race-points.ts'

/** What a storage call meets besides death: it may be late, refused, or done with its answer lost. */
export type Weather = (kind: 'log' | 'table') => { readonly delayMs: number; readonly fault: 'refused' | 'lost' | null }

export interface MortalOptions {
  readonly eventSink: WorkerServices['eventSink']
  readonly weather: Weather
  /** the control run: frames leave without waiting for the log */
  readonly withoutGate: boolean
  /** called at the race point at which the worker was told to die; it must abandon the worker */
  readonly onDeath: () => void
  readonly onHit: (point: RacePoint) => void
  readonly onQr: () => void
}

class DeadProcess extends Error {
  override readonly name = 'TimeoutError'
}

/**
 * The services of a worker that can die at any named race point: from that moment no call of it reaches anything, as
 * if its process had been killed there. Calls that were already under way go on, as real requests do.
 */
export class MortalServices {
  readonly services: Pick<WorkerServices, 'tables' | 'logClient' | 'eventSink' | 'openConnection'>
  readonly #options: MortalOptions
  #isDead = false
  #armed: { point: RacePoint; skip: number } | null = null
  #frozen: PromiseWithResolvers<void> | null = null
  /** frames handed over while the log was frozen: those of a zombie */
  heldFrames = 0

  constructor(options: MortalOptions) {
    this.#options = options
    this.services = {
      tables: this.#tables(),
      logClient: this.#logClient(),
      eventSink: { publish: (refs) => this.#around('event', () => options.eventSink.publish(refs)) },
      openConnection: this.#openConnection(),
    }
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** Dies at the n-th (skip = 0: next) time it comes to the point. */
  arm(point: RacePoint, skip: number): void {
    this.#armed = { point, skip }
  }

  disarm(): void {
    this.#armed = null
  }

  die(): void {
    if (this.#isDead) return
    this.#isDead = true
    this.#options.onDeath()
  }

  /** The process sleeps where it matters: its log can neither read nor write until `thaw`. */
  freeze(): void {
    this.#frozen ??= Promise.withResolvers()
  }

  thaw(): void {
    this.#frozen?.resolve()
    this.#frozen = null
  }

  /** @returns whether the worker died here */
  #at(point: RacePoint): boolean {
    if (this.#isDead) return true
    this.#options.onHit(point)
    if (this.#armed?.point !== point || this.#armed.skip-- > 0) return false
    this.die()
    return true
  }

  async #around<T>(kind: 'event' | 'head' | 'segment' | 'snapshot' | 'table', call: () => Promise<T>): Promise<T> {
    if (kind !== 'event' && kind !== 'table') await this.#frozen?.promise
    if (this.#at(RACE_POINTS[kind].before)) throw new DeadProcess('the process is dead')
    if (kind !== 'event') {
      const { delayMs, fault } = this.#options.weather(kind === 'table' ? 'table' : 'log')
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
      if (fault === 'refused') throw Object.assign(new Error('SlowDown'), { name: 'ServiceUnavailable' })
      if (fault === 'lost') {
        await call()
        throw Object.assign(new Error('the answer was lost'), { name: 'TimeoutError' })
      }
      if (this.#isDead) throw new DeadProcess('the process is dead')
    }
    const answer = await call()
    if (this.#at(RACE_POINTS[kind].lost)) throw new DeadProcess('the process is dead')
    // The answer is taken in first; then the process dies.
    if ('after' in RACE_POINTS[kind]) queueMicrotask(() => this.#at((RACE_POINTS[kind] as { after: RacePoint }).after))
    return answer
  }

  #logClient(): WorkerServices['logClient'] {
    const client = makeLogS3Client()
    client.middlewareStack.add(
      (next, context) => (args) => {
        if (this.#isDead) throw new DeadProcess('the process is dead')
        const key = (args.input as { Key?: string }).Key ?? ''
        if (context.commandName !== 'PutObjectCommand') return next(args)
        const kind = key.startsWith('head/') ? 'head' : key.startsWith('wal/') ? 'segment' : 'snapshot'
        return this.#around(kind, () => next(args))
      },
      { step: 'initialize', name: 'mortal' },
    )
    return client
  }

  #tables(): WorkerServices['tables'] {
    const tables = openTables()
    tables.client.middlewareStack.add(
      (next, context) => (args) => {
        if (this.#isDead) throw new DeadProcess('the process is dead')
        return /Get|Query/.test(context.commandName ?? '') ? next(args) : this.#around('table', () => next(args))
      },
      { step: 'initialize', name: 'mortal' },
    )
    return tables
  }

  #openConnection(): OpenConnection {
    return (options) => {
      const { events } = options
      const log = this.#options.withoutGate ? ungated(options.log) : options.log
      const connection = openConnection({
        ...options,
        log,
        events: {
          ...events,
          onQr: (qr) => {
            this.#options.onQr()
            events.onQr(qr)
          },
          onOpen: (identity) => {
            if (!this.#at('logged in')) events.onOpen(identity)
          },
          onDecrypted: (stanza) => {
            if (this.#at('decrypted, not journaled')) throw new DeadProcess('the process is dead')
            const record = events.onDecrypted(stanza)
            queueMicrotask(() => this.#at('journaled, not durable'))
            return record
          },
          onServerAck: (ack) => {
            if (!this.#at('on the wire, not acked')) events.onServerAck(ack)
          },
          onReceipt: (receipt) => {
            if (!this.#at('receipt came')) events.onReceipt(receipt)
          },
        },
      })
      const relay = connection.relay.bind(connection)
      connection.relay = async (frame) => {
        if (this.#at('claimed, not relayed')) throw new DeadProcess('the process is dead')
        await relay(frame)
        if (this.#frozen) this.heldFrames++
        this.#at('handed to the gate')
      }
      return connection
    }
  }
}

/** A log that says everything is durable at once: what stock wiring does. */
const ungated = (log: SessionLog): SessionLog =>
  new Proxy(log, {
    get: (target, name) => {
      if (name === 'durableLsn') return Number.MAX_SAFE_INTEGER
      if (name === 'durable') return () => Promise.resolve()
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
