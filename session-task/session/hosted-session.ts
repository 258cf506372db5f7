import type { SessionStatus } from '../../shared/core/session-status.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import type { DesiredState } from '../../shared/store/rows/session.ts'
import { type LogLoss, LogLostError } from '../auth-log/session-log.ts'
import { deleteHostedLog } from './delete-hosted-log.ts'
import { type HostingEnd, HostingRows, STORAGE_AWAY } from './hosting-rows.ts'
import { LinkedSession } from './linked-session.ts'
import { MemoryWatch } from './memory-watch.ts'
import { openHostedLog } from './open-hosted-log.ts'
import { ReopenTimer } from './reopen-timer.ts'
import type { SessionContext } from './session-context.ts'
import { type Faulty, runAsSession } from './session-fault-scope.ts'
import { leaveUnopened } from './unopened-log.ts'

/**
 * One session that is assigned to this worker: from the lease to its release. Everything that changes it runs in one
 * queue, so that a stop never meets a connect half-way.
 */
export class HostedSession implements Faulty {
  readonly #context: SessionContext
  readonly #rows: HostingRows
  readonly #onEnd: (end: HostingEnd) => void
  readonly #reopening: ReopenTimer
  readonly #memory: MemoryWatch
  #desired: DesiredState
  #epoch = 0
  #live: LinkedSession | null = null
  #queue: Promise<void> = Promise.resolve()
  #end: HostingEnd | null = null

  constructor(input: { context: SessionContext; desired: DesiredState; onEnd: (end: HostingEnd) => void }) {
    this.#context = input.context
    this.#desired = input.desired
    this.#onEnd = input.onEnd
    this.#rows = new HostingRows(input.context)
    this.#reopening = new ReopenTimer(input.context.services.reopenMs)
    this.#memory = new MemoryWatch(input.context)
    this.#enqueue(() => this.#open())
  }

  get sessionId(): string {
    return this.#context.sessionId
  }

  get epoch(): number {
    return this.#epoch
  }

  get isEnded(): boolean {
    return this.#end !== null
  }

  get pendingCount(): number {
    return this.#live?.inFlightCount ?? 0
  }

  /** The tenant wants something else; acts when what runs now is through. */
  setDesired(desired: DesiredState): void {
    if (this.#desired === desired) return
    this.#desired = desired
    this.#enqueue(() => this.#follow())
  }

  ring(): void {
    runAsSession(this, () => this.#live?.ring())
  }

  ringOperations(): void {
    runAsSession(this, () => this.#live?.ringOperations())
  }

  /** Something about the session changed that is not `desired`, e.g. another way to link. */
  review(): void {
    this.#enqueue(async () => this.#live?.review())
  }

  /** A new connection now, whatever the present one is like or waits for. */
  restart(): void {
    this.#enqueue(async () => {
      if (this.#desired === 'RUNNING') await this.#live?.restart()
    })
  }

  /**
   * The lease moved on without us (two beats showed a higher epoch): open again under the new one. A session without an
   * open log opens again anyway, and each beat that put its timer off would keep it closed for good.
   */
  reopen(): void {
    this.#enqueue(async () => {
      if (this.#live) await this.#reopenNow('fenced')
    })
  }

  /**
   * Something in this session failed that nobody expected: it is left as if its process had been killed, counted, and
   * opened again; too often, and it is quarantined. Its neighbours do not notice.
   */
  crash(error: unknown): void {
    const { log, scope } = this.#context
    const cause = error instanceof Error ? error.stack : String(error)
    log.error({ error: cause }, 'unexpected error, the session is killed')
    // One fault may show in several promises.
    if (this.#end !== null || !this.#live) return
    emitMetrics({ session_crash_count: [1, 'Count'] }, { mode: scope.mode })
    this.#live.abandon()
    this.#live = null
    this.#enqueue(async () => {
      const crashes = await this.#rows.countCrash()
      if (crashes === null) return this.#finish('lost')
      this.#scheduleReopen('crash')
    })
  }

  /** Lets go for another worker. @returns whether the lease was released by us */
  async drain(): Promise<boolean> {
    this.#enqueue(() => this.#release('moved'))
    await this.#queue
    if (this.#end === null) await this.#leaveUnsettled()
    return this.#end === 'released'
  }

  /** Leaves at once without writing anything: the worker was declared dead, or the lease is somebody else's. */
  abandon(): void {
    this.#finish('lost')
    this.#live?.abandon()
    this.#live = null
  }

  #enqueue(task: () => Promise<void>): void {
    runAsSession(this, () => {
      this.#queue = this.#queue
        .then(() => (this.#end === null ? task() : undefined))
        .catch((error) => this.#afterError(error))
    })
  }

  async #afterError(error: unknown): Promise<void> {
    if (this.#end !== null) return
    this.#context.log.error({ error: String(error) }, 'session step failed, opening again')
    // The row still says what an owner before us wrote, "connected" above all.
    if (!this.#live && this.#desired === 'RUNNING') await this.#rows.sayStorageAway()
    if (this.#end !== null) return
    this.#scheduleReopen(error instanceof LogLostError ? error.loss : 'storage')
  }

  async #open(): Promise<void> {
    const opened = await openHostedLog(this.#context, this.#reopening.countOpening())
    switch (opened.outcome) {
      case 'notOurs':
        return this.#finish('lost')
      case 'tombstone':
      case 'unreadable':
      case 'quarantined':
        this.#epoch = opened.epoch
        return this.#finish(await leaveUnopened(this.#context, this.#rows, opened))
      case 'open': {
        if (this.#end !== null) return opened.sessionLog.abandon()
        this.#epoch = opened.epoch
        // What the lease says is younger than the row that brought us here.
        this.#desired = opened.desired
        const live = new LinkedSession({
          context: this.#context,
          sessionLog: opened.sessionLog,
          row: opened.row,
          memory: this.#memory,
          listener: {
            isOurs: () => this.#rows.isVerifiedOurs(opened.epoch),
            onDoubt: () => this.reopen(),
            onTooBig: () => this.#enqueue(() => this.#recycle(live)),
            onStable: () => {
              this.#reopening.forgetTrouble()
              this.#rows.forgetCrashes(this.#epoch)
            },
            onStop: (status) => this.#enqueue(() => this.#stopForGood(live, status)),
          },
        })
        this.#live = live
        opened.sessionLog.onLost((loss) => this.#enqueue(() => this.#afterLoss(live, loss)))
        await live.replay()
        return this.#follow()
      }
    }
  }

  async #follow(): Promise<void> {
    const live = this.#live
    if (!live) return
    switch (this.#desired) {
      case 'RUNNING':
        if ((await live.start()) === 'nothingToDo') await this.#stopForGood(live, null)
        return
      case 'STOPPED':
        return this.#release('stopped')
      case 'LOGGED_OUT':
        await live.logOut()
        return this.#release(null, 'LOGGED_OUT')
      case 'DELETED':
        return this.#delete(live)
    }
  }

  /** No reconnect will come: the tenant has to act, so nobody needs to own the session. */
  async #stopForGood(live: LinkedSession, status: SessionStatus | null): Promise<void> {
    if (this.#live !== live) return
    if (this.#desired === 'RUNNING') {
      this.#context.log.info({ status }, 'session stopped by itself')
      await this.#rows.setDesired('STOPPED')
    }
    await this.#release(null)
  }

  /** Stop claiming → finish what is in flight → close the socket → flush → final snapshot → free the lease. */
  async #release(says: 'stopped' | 'moved' | null, carriedOut: DesiredState | null = null): Promise<void> {
    const live = this.#live
    if (live) {
      await live.stop(says)
      this.#live = null
    }
    this.#reopening.stop()
    // A log that we never had open may hold effects that are no rows yet.
    await this.#letGo(live !== null, carriedOut)
  }

  /** The log could not be closed, and there is no time to wait for it: whoever opens it next finds what is left in it. */
  async #leaveUnsettled(): Promise<void> {
    this.#enqueue(async () => {
      this.#reopening.stop()
      this.#live?.abandon()
      this.#live = null
      await this.#letGo(false, null)
    })
    await this.#queue
  }

  async #delete(live: LinkedSession): Promise<void> {
    if (!(await this.#rows.keepsDevice())) await live.logOut()
    await live.endMessages()
    await live.stop(null)
    this.#live = null
    // The last act: no owner comes after us, nothing of the log can be read any more.
    await deleteHostedLog(this.#context, this.#epoch)
    await this.#letGo(true, 'DELETED')
  }

  async #letGo(settled: boolean, carriedOut: DesiredState | null): Promise<void> {
    this.#finish(await this.#rows.letGo(settled, carriedOut))
  }

  /** Settled and closed like one that is handed over, but it stays here. */
  async #recycle(live: LinkedSession): Promise<void> {
    if (this.#live !== live || this.#desired !== 'RUNNING') return
    await live.stop('recycled')
    this.#scheduleReopen('memory')
  }

  async #afterLoss(live: LinkedSession, loss: LogLoss): Promise<void> {
    if (this.#live === live) await this.#reopenNow(loss)
  }

  async #reopenNow(loss: LogLoss): Promise<void> {
    this.#live?.abandon()
    this.#live = null
    if (!(await this.#rows.isOurs())) return this.#finish('lost')
    if (loss === 'storage') await this.#rows.sayReconnecting(this.#epoch, STORAGE_AWAY)
    this.#scheduleReopen(loss)
  }

  #scheduleReopen(loss: LogLoss | 'crash' | 'memory'): void {
    this.#live?.abandon()
    this.#live = null
    const delayMs = this.#reopening.plan(() => this.#enqueue(() => this.#open()))
    emitMetrics({ session_reconnect_count: [1, 'Count'] }, { mode: this.#context.scope.mode })
    this.#context.log.warn({ loss, delayMs }, 'session log is opened again')
  }

  #finish(end: HostingEnd): void {
    if (this.#end !== null) return
    this.#end = end
    this.#reopening.stop()
    this.#onEnd(end)
  }
}
