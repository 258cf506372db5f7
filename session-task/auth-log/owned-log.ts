import { emitMetrics } from '../../shared/log/metrics.ts'
import { assertSequences, decodeAppend, encodeAppend } from './append-text.ts'
import { commitSegment } from './commit-segment.ts'
import { fold } from './fold.ts'
import type { FoldedLog } from './folded-log.ts'
import type { HeadKeeper } from './head-keeper.ts'
import { JournalClock } from './journal-clock.ts'
import { type LogContext, StorageAwayError } from './log-context.ts'
import { viewOf } from './log-state.ts'
import type { LogRecord } from './records.ts'
import { type LogLoss, LogLostError, type LogState, type SessionLog } from './session-log.ts'
import { type FrozenState, freeze, Snapshotter } from './snapshotter.ts'

const IDLE_CHECK_MS = 10 * 60_000

/** Says only that work is done, and doing it again does no harm: a PUT of its own would double what a stanza costs. */
const ridesAlong = ({ t }: LogRecord): boolean => t === 'done' || t === 'finished'

interface Waiter {
  readonly lsn: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** A log after open and fence: the one writer of its slots until somebody fences it. */
export class OwnedLog implements SessionLog {
  readonly sessionId: string
  readonly epoch: number
  readonly state: LogState
  readonly #context: LogContext
  readonly #fold: FoldedLog
  readonly #head: HeadKeeper
  readonly #snapshots: Snapshotter
  readonly #release: () => void
  #tail: number
  #lastLsn = 0
  /** last position that somebody has to wait for; what rides along behind it makes no PUT of its own */
  #neededLsn = 0
  #durableLsn = 0
  #taken = 0
  #queue: string[] = []
  #waiters: Waiter[] = []
  #writing: Promise<void> | null = null
  #closing: Promise<void> | null = null
  #loss: LogLoss | null = null
  #isAbandoned = false
  #listeners: ((loss: LogLoss) => void)[] = []
  #validatedPauses: number
  readonly #stopIdleChecks: () => void
  readonly #time: JournalClock

  /** @param release frees what open reserved; called when the log is over */
  constructor(context: LogContext, input: { fold: FoldedLog; head: HeadKeeper; tail: number; release: () => void }) {
    this.sessionId = context.sessionId
    this.epoch = context.epoch
    this.#context = context
    this.#fold = input.fold
    this.#head = input.head
    this.#tail = input.tail
    this.#release = input.release
    this.state = viewOf(input.fold)
    this.#snapshots = new Snapshotter(context, input.head, input.tail - input.head.head.snapSeq)
    this.#validatedPauses = context.pauses.pauses()
    this.#time = new JournalClock(context.clock, (jumpMs) =>
      context.log.error(
        { sessionId: this.sessionId, jumpMs },
        'the wall clock jumped, the log goes by the monotonic one',
      ),
    )
    this.#stopIdleChecks = context.clock.every(IDLE_CHECK_MS, () => this.#snapshotWhenIdle())
  }

  get lastLsn(): number {
    return this.#neededLsn
  }

  get durableLsn(): number {
    return this.#durableLsn
  }

  append(records: readonly LogRecord[]): number {
    if (this.#loss) throw new LogLostError(this.#loss)
    if (this.#closing) throw new Error('the session log is closed')
    if (records.length === 0) return this.#lastLsn
    assertSequences(this.#fold, records)
    const text = encodeAppend(this.#time.now(this.#fold.now), records)
    // What is folded is what a later owner will read, not what the caller may still change.
    const append = decodeAppend(text)
    for (const record of append.records) fold(this.#fold, record, append.at)
    this.#queue.push(text)
    this.#lastLsn++
    if (!append.records.every(ridesAlong)) this.#need(this.#lastLsn)
    return this.#lastLsn
  }

  takeSequence(): number {
    const sequence = Math.max(this.#taken + 1, this.#fold.nextSequence)
    this.#taken = sequence
    // One that was taken but not used (its maker threw) must not leave a gap.
    queueMicrotask(() => {
      this.#taken = 0
    })
    return sequence
  }

  async durable(lsn: number): Promise<void> {
    if (this.#loss) throw new LogLostError(this.#loss)
    if (lsn > this.#lastLsn) throw new RangeError(`position ${lsn} was never appended`)
    if (lsn <= this.#durableLsn) {
      if (await this.#isStillOwner()) return
      throw new LogLostError(this.#loss ?? 'fenced')
    }
    this.#need(lsn)
    await new Promise<void>((resolve, reject) => this.#waiters.push({ lsn, resolve, reject }))
  }

  async confirmOwner(): Promise<void> {
    if (!this.#loss) await this.#askHead()
    if (this.#loss) throw new LogLostError(this.#loss)
  }

  onLost(listener: (loss: LogLoss) => void): void {
    const loss = this.#loss
    if (loss) queueMicrotask(() => listener(loss))
    else this.#listeners.push(listener)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  abandon(): void {
    this.#listeners = []
    this.#isAbandoned = true
    this.#lose('fenced')
  }

  #need(lsn: number): void {
    this.#neededLsn = Math.max(this.#neededLsn, lsn)
    // A microtask later, so that appends of one synchronous run share the first put.
    this.#writing ??= Promise.resolve().then(() => this.#writeQueue())
  }

  async #writeQueue(): Promise<void> {
    try {
      while (this.#queue.length > 0 && this.#neededLsn > this.#durableLsn && !this.#loss) await this.#writeBatch()
    } catch (error) {
      this.#context.log.error({ sessionId: this.sessionId, error: String(error) }, 'session log cannot be written')
      this.#lose('storage', error)
    } finally {
      this.#writing = null
    }
  }

  async #writeBatch(): Promise<void> {
    const appends = this.#queue
    const lsn = this.#lastLsn
    this.#queue = []
    // The queue is empty now: the folded state is exactly what this batch makes durable.
    const frozen = this.#snapshots.isDue() ? freeze(this.#fold) : null
    const outcome = await commitSegment(this.#context, this.#tail + 1, appends)
    if (this.#loss) return
    if (!outcome.ok) return this.#lose('fenced')
    this.#tail = outcome.sequence
    this.#snapshots.noteCommit(outcome.bytes)
    if (!(await this.#isStillOwner())) return
    this.#durableLsn = lsn
    const ready = this.#waiters.filter((waiter) => waiter.lsn <= lsn)
    this.#waiters = this.#waiters.filter((waiter) => waiter.lsn > lsn)
    for (const waiter of ready) waiter.resolve()
    if (frozen) this.#startSnapshot(frozen)
  }

  #startSnapshot(frozen: FrozenState): void {
    this.#snapshots.start(
      frozen,
      this.#tail,
      () => this.#tail,
      () => this.#lose('fenced'),
    )
  }

  /** The janitor: a session that went quiet has no next commit that could bring the snapshot of its last ones. */
  #snapshotWhenIdle(): void {
    const isQuiet = this.#writing === null && this.#queue.length === 0 && !this.#closing && !this.#loss
    if (isQuiet && this.#tail > this.#head.head.snapSeq && this.#snapshots.isDue())
      this.#startSnapshot(freeze(this.#fold))
  }

  /** The gate's last look: after a pause only HEAD can tell whether a put that succeeded still means ownership. */
  async #isStillOwner(): Promise<boolean> {
    const pauses = this.#context.pauses.pauses()
    if (pauses === this.#validatedPauses) return true
    if (await this.#askHead()) this.#validatedPauses = pauses
    return !this.#loss
  }

  async #askHead(): Promise<boolean> {
    try {
      if (await this.#head.isOurs()) return true
      this.#lose('fenced')
    } catch (error) {
      this.#lose('storage', error)
    }
    return false
  }

  async #close(): Promise<void> {
    if (this.#queue.length > 0) this.#need(this.#lastLsn)
    await this.#writing
    await this.#snapshots.settled()
    if (this.#loss) throw new LogLostError(this.#loss)
    try {
      const isCovered = this.#tail === this.#head.head.snapSeq
      if (!isCovered && !(await this.#snapshots.write(freeze(this.#fold), this.#tail, () => this.#tail)))
        this.#lose('fenced')
    } catch (error) {
      this.#lose('storage', error)
      throw new LogLostError('storage', { cause: error })
    }
    if (this.#loss) throw new LogLostError(this.#loss)
    this.#stopIdleChecks()
    this.#release()
  }

  #lose(loss: LogLoss, cause?: unknown): void {
    if (this.#loss) return
    this.#loss = loss
    // Another owner's write stood where ours should: one after an outage is normal, many are zombies.
    if (loss === 'fenced' && !this.#isAbandoned) emitMetrics({ log_fenced_count: [1, 'Count'] })
    this.#stopIdleChecks()
    this.#release()
    this.#queue = []
    const error = new LogLostError(loss, cause instanceof StorageAwayError ? { cause } : undefined)
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
    for (const listener of this.#listeners.splice(0)) listener(loss)
  }
}
