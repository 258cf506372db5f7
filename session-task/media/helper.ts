/** A thread or a process that works for the worker. Its end is told once, whatever the reason. */
export interface HelperChannel {
  /** of a process */
  readonly pid?: number | undefined
  post(message: unknown): void
  /** While it is busy it keeps this process alive; idle it does not. */
  hold(isBusy: boolean): void
  kill(): void
}
export type StartChannel = (heard: {
  readonly onMessage: (message: HelperAnswer) => void
  readonly onEnd: (reason: string) => void
}) => HelperChannel

export interface HelperAnswer {
  readonly id: number
  readonly result?: unknown
  readonly failure?: { readonly code: string | null; readonly message: string }
}

/** Input and output of every kind of job: plain data that a message can carry. */
export type JobTypes = Record<string, { readonly input: object; readonly output: unknown }>

export type HelperErrorCode =
  /** too many wait already */
  | 'busy'
  | 'timed_out'
  /** the helper ended under the job */
  | 'crashed'
  | 'stopped'
  /** the job itself says why */
  | 'failed'

export class HelperError extends Error {
  override readonly name = 'HelperError'
  readonly code: HelperErrorCode
  /** of 'failed': the job's own code */
  readonly reason: string | null

  constructor(code: HelperErrorCode, message: string, reason: string | null = null) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

export interface HelperLimits {
  /** jobs given to the helper at the same time */
  readonly concurrency: number
  /** jobs that wait beside those; one more is refused */
  readonly queueLimit: number
  readonly timeoutMs: number
  /** without work for so long, the helper ends and its memory is free */
  readonly idleMs: number
}

interface Job {
  readonly id: number
  readonly type: string
  readonly input: object
  readonly resolve: (result: never) => void
  readonly reject: (error: HelperError) => void
  timer?: NodeJS.Timeout
}

/**
 * Jobs for one helper, which is started by the first job, started anew after it ended, and ended when a job takes too
 * long: what hangs in native code or in a loop cannot be asked to stop.
 */
export class Helper<Jobs extends JobTypes> {
  readonly #start: StartChannel
  readonly #limits: HelperLimits
  readonly #waiting: Job[] = []
  readonly #running = new Map<number, Job>()
  #channel: HelperChannel | null = null
  #idleTimer: NodeJS.Timeout | undefined
  #lastId = 0
  #isStopped = false

  constructor(start: StartChannel, limits: HelperLimits) {
    this.#start = start
    this.#limits = limits
  }

  /** @throws HelperError */
  run<Type extends keyof Jobs & string>(type: Type, input: Jobs[Type]['input']): Promise<Jobs[Type]['output']> {
    if (this.#isStopped) return Promise.reject(new HelperError('stopped', 'the helper was stopped'))
    if (this.#waiting.length >= this.#limits.queueLimit)
      return Promise.reject(new HelperError('busy', `${this.#waiting.length} jobs wait already`))
    const { promise, resolve, reject } = Promise.withResolvers<Jobs[Type]['output']>()
    this.#waiting.push({ id: ++this.#lastId, type, input, resolve, reject })
    this.#next()
    return promise
  }

  /** For ever: what runs or waits is rejected. */
  stop(): void {
    this.#isStopped = true
    this.#end(() => new HelperError('stopped', 'the helper was stopped'))
    for (const job of this.#waiting.splice(0)) job.reject(new HelperError('stopped', 'the helper was stopped'))
  }

  #next(): void {
    clearTimeout(this.#idleTimer)
    while (this.#running.size < this.#limits.concurrency) {
      const job = this.#waiting.shift()
      if (!job) break
      this.#running.set(job.id, job)
      job.timer = setTimeout(() => this.#giveUp(job), this.#limits.timeoutMs)
      this.#channel ??= this.#open()
      this.#channel.hold(true)
      this.#channel.post({ id: job.id, type: job.type, input: job.input })
    }
    if (this.#running.size > 0 || !this.#channel) return
    this.#channel.hold(false)
    this.#idleTimer = setTimeout(() => this.#end(null), this.#limits.idleMs).unref()
  }

  #open(): HelperChannel {
    const channel = this.#start({
      onMessage: (answer) => {
        if (this.#channel === channel) this.#settle(answer)
      },
      onEnd: (reason) => {
        if (this.#channel !== channel) return
        this.#end(() => new HelperError('crashed', `the helper ended: ${reason}`))
        this.#next()
      },
    })
    return channel
  }

  #settle({ id, result, failure }: HelperAnswer): void {
    const job = this.#running.get(id)
    if (!job) return
    this.#running.delete(id)
    clearTimeout(job.timer)
    if (failure) job.reject(new HelperError('failed', failure.message, failure.code))
    else job.resolve(result as never)
    this.#next()
  }

  #giveUp(late: Job): void {
    const { timeoutMs } = this.#limits
    this.#end((job) =>
      job === late
        ? new HelperError('timed_out', `it took longer than ${timeoutMs} ms`)
        : new HelperError('crashed', 'the helper was ended because of another job'),
    )
    this.#next()
  }

  #end(errorOf: ((job: Job) => HelperError) | null): void {
    clearTimeout(this.#idleTimer)
    const channel = this.#channel
    this.#channel = null
    channel?.kill()
    for (const job of this.#running.values()) {
      clearTimeout(job.timer)
      if (errorOf) job.reject(errorOf(job))
    }
    this.#running.clear()
  }
}
