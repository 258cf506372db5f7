import { writeFile } from 'node:fs/promises'
import { DeleteQueueCommand, SendMessageCommand } from '../../shared/aws/sqs.ts'
import { RECONNECTS_PER_SECOND } from '../../shared/core/fleet-pace.ts'
import type { Log } from '../../shared/log/log.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import { ClientVersions } from '../../shared/store/client-versions.ts'
import type { AssignedRow, Owner } from '../../shared/store/rows/session.ts'
import { Workers } from '../../shared/store/workers.ts'
import type { WorkerServices } from '../session/session-context.ts'
import { enlistWorker } from './enlist-worker.ts'
import { makePacer } from './pacing.ts'
import { makeProcessLoad } from './process-load.ts'
import { makeReplayTurns } from './replay-turns.ts'
import { receiveRings, type WorkerRing } from './rings.ts'
import { SessionHost } from './session-host.ts'
import { UsedCounter } from './used-counter.ts'
import { VersionGuard } from './version-guard.ts'
import type { WorkerOptions } from './worker-options.ts'

const HEARTBEAT_MS = 10_000

/** STARTING → READY → DRAINING → DRAINED, or DEAD by somebody else's word. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #log: Log
  readonly #workers: Workers
  readonly #usedCounter: UsedCounter
  readonly #versionGuard: VersionGuard
  readonly #owner: Owner
  readonly #host: SessionHost
  readonly #stopping = new AbortController()
  readonly #load = makeProcessLoad()
  #queueUrl = ''
  #counter = 1
  #timer: NodeJS.Timeout | null = null
  #beating: Promise<void> | null = null
  #isDead = false
  /** did the last beat get through? */
  #isReachable = true
  #isDraining = false
  #refreshing: Promise<void> | null = null
  #refreshAgain = false
  #rings: Promise<void> = Promise.resolve()

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#owner = { workerId: options.workerId, incarnation: options.incarnation }
    this.#log = options.log.child({ workerId: options.workerId, incarnation: options.incarnation })
    this.#workers = new Workers(options.services.tables)
    this.#usedCounter = new UsedCounter(this.#workers, this.#log)
    this.#versionGuard = new VersionGuard({
      versions: new ClientVersions(options.services.tables),
      mode: options.mode,
      own: options.whatsappVersion,
      log: this.#log,
    })
    const services: WorkerServices = {
      ...options.services,
      owner: this.#owner,
      version: options.version,
      clientVersion: this.#versionGuard,
      mayClaim: () => this.#isReachable,
      connectTurn: makePacer(1_000 / RECONNECTS_PER_SECOND),
      replayAlone: makeReplayTurns((sessionId) =>
        this.#workers.setReplaying(this.#owner.workerId, this.#owner.incarnation, sessionId),
      ),
    }
    this.#host = new SessionHost({
      services,
      log: this.#log,
      onReleased: (row, end) => {
        this.#log.info({ sessionId: row.sessionId, end }, 'session left')
        if (end === 'handedOn' || (end === 'released' && row.leave)) void this.#hintSession(row)
      },
    })
  }

  get queueUrl(): string {
    return this.#queueUrl
  }

  get sessionCount(): number {
    return this.#host.count
  }

  /** @throws when the row says that this incarnation is not STARTING (declared dead meanwhile, or the id is taken) */
  async start(): Promise<void> {
    const { workerId, mode, sqs, capacity, version, hintsQueueUrl } = this.#options
    const queueUrl = await enlistWorker(this.#options, this.#workers)
    this.#queueUrl = queueUrl
    this.#rings = receiveRings({
      sqs,
      queueUrl,
      signal: this.#stopping.signal,
      log: this.#log,
      onRing: (ring) => this.#onRing(ring),
    })
    await this.#versionGuard.refresh()
    this.#options.taskCallback.start()
    this.#touch()
    this.#timer = setInterval(() => this.beat(), this.#options.heartbeatMs ?? HEARTBEAT_MS)
    await this.#hint(hintsQueueUrl, { v: 1, kind: 'workerReady', workerId, mode })
    await this.#refresh()
    this.#log.info({ queueUrl, capacity, mode, version }, 'worker ready')
  }

  /** One beat: tell the row that we live, then act on what ASSIGNED says. Beats never overlap. */
  beat(): Promise<void> {
    this.#touch()
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = null
    })
    return this.#beating
  }

  /** Releases everything, tells the reconciler, and takes the worker off the fleet. */
  async drain(reason: 'drained' | 'signal' = 'drained'): Promise<void> {
    const { workerId, incarnation } = this.#owner
    this.#isDraining = true
    this.#log.info({ sessions: this.#host.count, reason }, 'draining')
    await this.#ignoringErrors('DRAINING', () => this.#workers.setStatus(workerId, incarnation, 'DRAINING'))
    const released = await this.#host.drain((row) => this.#hintSession(row))
    if (this.#timer) clearInterval(this.#timer)
    await this.#beating
    this.#load.stop()
    this.#stopping.abort()
    await this.#rings
    if (this.#isDead) return
    await this.#ignoringErrors('DRAINED', () => this.#workers.setStatus(workerId, incarnation, 'DRAINED'))
    await this.#options.taskCallback.succeed({ reason: 'drained' })
    await this.#ignoringErrors('queue', () =>
      this.#options.sqs.send(new DeleteQueueCommand({ QueueUrl: this.#queueUrl })),
    )
    this.#log.info({ released }, 'drained')
  }

  /** Leaves at once, as a killed process would: nothing is written any more. */
  abandon(): void {
    this.#isDead = true
    if (this.#timer) clearInterval(this.#timer)
    this.#load.stop()
    this.#options.taskCallback.stop()
    this.#stopping.abort()
    this.#host.abandonAll()
  }

  async #beat(): Promise<void> {
    const { workerId: id, incarnation } = this.#owner
    const load = this.#load.read()
    const pending = this.#host.pendingCount
    emitMetrics(
      {
        worker_memory_bytes: [load.rssBytes, 'Bytes'],
        worker_loop_lag_ms: [load.loopLagMs, 'Milliseconds'],
        pending_queue_size: [pending, 'Count'],
      },
      { mode: this.#options.mode },
    )
    try {
      const answer = await this.#workers.heartbeat({
        id,
        incarnation,
        counter: ++this.#counter,
        ...load,
        now: Date.now(),
      })
      if (answer === 'rejected') {
        this.#log.error('the worker was declared dead: leaving everything')
        this.abandon()
        return this.#options.onRejected()
      }
      this.#becomeReachable()
      await this.#refresh()
      await this.#versionGuard.refresh()
      await this.#readOwnRow()
    } catch (error) {
      // Unreachable is not rejected: sockets stay, logs go on, nothing new is claimed until a beat gets through.
      this.#isReachable = false
      this.#log.warn({ error: String(error) }, 'DynamoDB does not answer the beat')
    }
  }

  #becomeReachable(): void {
    if (this.#isReachable) return
    this.#isReachable = true
    this.#log.info('DynamoDB answers again')
    this.#host.ringAll()
  }

  /** Before the beat, which may wait for DynamoDB: an away table must not make the container unhealthy. */
  #touch(): void {
    const { heartbeatFile } = this.#options
    if (heartbeatFile)
      void this.#ignoringErrors('heartbeat file', () => writeFile(heartbeatFile, new Date().toISOString()))
  }

  #onRing(ring: WorkerRing): void {
    this.#host.ring(ring)
    if (ring.kind === 'messages' || ring.kind === 'operations') return
    this.#refresh().catch((error) =>
      this.#log.warn({ error: String(error) }, 'ASSIGNED cannot be read, next beat will'),
    )
  }

  /** Consistent read of ASSIGNED. A ring during a read makes another one, so that none is overlooked. */
  #refresh(): Promise<void> {
    this.#refreshAgain = true
    this.#refreshing ??= (async () => {
      while (this.#refreshAgain && !this.#isDead) {
        this.#refreshAgain = false
        const rows = await this.#workers.readAssigned(this.#owner.workerId, this.#owner.incarnation)
        if (!this.#isDead) this.#host.apply(rows)
      }
    })().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  /** An operator's wish to drain, and `used`. */
  async #readOwnRow(): Promise<void> {
    const { workerId, incarnation } = this.#owner
    const row = await this.#workers.get(workerId)
    if (row?.status === 'DRAINING' && !this.#isDraining) this.#options.onDrainAsked()
    const held = (await this.#workers.readAssigned(workerId, incarnation)).length
    if (row) await this.#usedCounter.compare(this.#owner, row.used, held)
  }

  #hintSession({ tenantId, mode, sessionId }: AssignedRow): Promise<void> {
    return this.#hint(this.#options.hintsQueueUrl, { v: 1, kind: 'session', tenantId, mode, sessionId })
  }

  /** A hint may be lost: the reconciler finds the state within a minute. */
  async #hint(queueUrl: string, body: Record<string, unknown>): Promise<void> {
    await this.#ignoringErrors('hint', () =>
      this.#options.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(body) })),
    )
  }

  async #ignoringErrors(what: string, task: () => Promise<unknown>): Promise<void> {
    try {
      await task()
    } catch (error) {
      this.#log.warn({ what, error: String(error) }, 'not done; others repair it')
    }
  }
}
