import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

export interface LambdaConfig {
  readonly name: string
  /** directory of the asset, handler as "index.handler" */
  readonly directory: string
  readonly handler: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutSeconds: number
}

/** What a failed invocation says: the handler's error, a time-out, or a thread that died. */
export class LambdaError extends Error {
  readonly errorType: string
  constructor(errorType: string, message: string) {
    super(message)
    this.errorType = errorType
  }
}

/** Takes a streamed answer: the head first, then chunks. Functions that do not stream never call it. */
export interface StreamSink {
  head(head: { statusCode: number; headers?: Record<string, string> }): void
  chunk(bytes: Uint8Array): void
  /** called with what ends the stream at its source, when the client goes away */
  onCancel(cancel: () => void): void
}

interface Environment {
  readonly worker: Worker
  readonly ready: Promise<void>
  busy: boolean
  /** started before the configuration changed: ends with its invocation */
  isOutdated: boolean
  pending: { id: number; resolve(value: unknown): void; reject(error: Error): void; sink?: StreamSink } | null
  idleTimer?: NodeJS.Timeout
}

const IDLE_MS = 5 * 60_000
const MAXIMUM_ENVIRONMENTS = 8
const THREAD = fileURLToPath(new URL('./thread.ts', import.meta.url))

/**
 * A Lambda function as threads: each thread is one execution environment with the template's variables and nothing else
 * of ours; it takes one invocation at a time. More come when all are busy, up to a limit; idle ones end.
 */
export class LambdaFunction {
  #config: LambdaConfig
  readonly #environments: Environment[] = []
  readonly #waiting: (() => void)[] = []
  readonly #onLine: (line: string) => void
  readonly #onInvocation: (invocation: { isFailed: boolean; durationMs: number }) => void
  #nextId = 1
  #stopped = false

  constructor(
    config: LambdaConfig,
    onLine: (line: string) => void,
    onInvocation: (invocation: { isFailed: boolean; durationMs: number }) => void = () => {},
  ) {
    this.#onInvocation = onInvocation
    this.#config = config
    this.#onLine = onLine
  }

  get config(): LambdaConfig {
    return this.#config
  }

  /** As UpdateFunctionConfiguration: invocations under way end in the old environment, the next ones see the new one. */
  setVariables(variables: Readonly<Record<string, string>>): void {
    this.#config = { ...this.#config, environment: { ...this.#config.environment, ...variables } }
    for (const environment of [...this.#environments]) {
      if (environment.busy) environment.isOutdated = true
      else this.#discard(environment)
    }
  }

  /** @returns the handler's result as JSON value. @throws LambdaError */
  async invoke(event: unknown, sink?: StreamSink): Promise<any> {
    const environment = await this.#reserve()
    const startedAt = performance.now()
    let isFailed = true
    try {
      await environment.ready
      const result = await this.#run(environment, event, sink)
      isFailed = false
      return result
    } finally {
      this.#onInvocation({ isFailed, durationMs: performance.now() - startedAt })
      this.#release(environment)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#environments.splice(0).map((environment) => environment.worker.terminate()))
  }

  /** Reserved before anything is awaited: two requests can never share an environment. */
  async #reserve(): Promise<Environment> {
    for (;;) {
      if (this.#stopped) throw new LambdaError('ServiceException', 'the embedded cloud is shutting down')
      const free = this.#environments.find((environment) => !environment.busy)
      if (free) {
        free.busy = true
        clearTimeout(free.idleTimer)
        return free
      }
      if (this.#environments.length < MAXIMUM_ENVIRONMENTS) {
        const fresh = this.#start()
        this.#environments.push(fresh)
        return fresh
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #release(environment: Environment): void {
    environment.busy = false
    if (environment.isOutdated) this.#discard(environment)
    else this.#keepWarm(environment)
    this.#waiting.shift()?.()
  }

  #keepWarm(environment: Environment): void {
    environment.idleTimer = setTimeout(() => this.#discard(environment), IDLE_MS)
    environment.idleTimer.unref()
  }

  #discard(environment: Environment): void {
    const at = this.#environments.indexOf(environment)
    if (at !== -1) this.#environments.splice(at, 1)
    clearTimeout(environment.idleTimer)
    void environment.worker.terminate()
  }

  #start(): Environment {
    const [module = 'index', exportName = 'handler'] = this.#config.handler.split('.')
    const file = pathToFileURL(`${this.#config.directory}/${module}.mjs`).href
    const worker = new Worker(THREAD, {
      workerData: { file, exportName },
      env: { ...this.#config.environment },
      // a small nursery: the default lets every idle thread keep 16 MB of garbage
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
      stdout: true,
      stderr: true,
      execArgv: ['--enable-source-maps', '--disable-warning=ExperimentalWarning'],
    })
    for (const stream of [worker.stdout, worker.stderr]) createInterface({ input: stream }).on('line', this.#onLine)
    let settleReady: { resolve(): void; reject(error: Error): void }
    const ready = new Promise<void>((resolve, reject) => {
      settleReady = { resolve, reject }
    })
    ready.catch(() => {}) // awaited by the invocation that reserved it
    const environment: Environment = { worker, ready, busy: true, isOutdated: false, pending: null }
    const die = (error: LambdaError) => {
      settleReady.reject(error)
      environment.pending?.reject(error)
      this.#discard(environment)
    }
    worker.on('message', (message) => {
      if (message.ready === true) return settleReady.resolve()
      if (message.ready === false) return die(toLambdaError(message.error))
      const { pending } = environment
      if (!pending || pending.id !== message.id) return
      if (message.head) return pending.sink?.head(message.head)
      if (message.chunk) return pending.sink?.chunk(message.chunk)
      if (message.error) {
        this.#onLine(message.error.stack)
        pending.reject(toLambdaError(message.error))
      } else pending.resolve(message.result)
    })
    worker.on('error', (error) => die(new LambdaError('Runtime.UnhandledError', error.message)))
    worker.on('exit', () => die(new LambdaError('Runtime.ExitError', `${this.#config.name} ended unexpectedly`)))
    worker.unref()
    return environment
  }

  #run(environment: Environment, event: unknown, sink?: StreamSink): Promise<unknown> {
    const id = this.#nextId++
    const deadlineMs = Date.now() + this.#config.timeoutSeconds * 1000
    return new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new LambdaError(
            'Sandbox.Timedout',
            `${this.#config.name} timed out after ${this.#config.timeoutSeconds} seconds`,
          ),
        )
        this.#discard(environment)
      }, this.#config.timeoutSeconds * 1000)
      const settle =
        <T>(next: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer)
          environment.pending = null
          next(value)
        }
      environment.pending = { id, resolve: settle(resolve), reject: settle(reject), sink }
      sink?.onCancel(() => environment.worker.postMessage({ id, cancel: true }))
      const context = { awsRequestId: randomUUID(), functionName: this.#config.name, deadlineMs }
      environment.worker.postMessage({ id, event, context })
    })
  }
}

const toLambdaError = (error: { errorType: string; errorMessage: string }): LambdaError =>
  new LambdaError(error.errorType, error.errorMessage)
