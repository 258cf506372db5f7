import { randomUUID } from 'node:crypto'
import { AwsError } from '../../cloud/aws-json.ts'
import { StatesError } from './states-error.ts'

interface Waiting {
  resolve(output: unknown): void
  reject(error: StatesError): void
  beat(): void
}

/** Task tokens that somebody still has to answer. A token works once, for one entry into one state. */
export class TaskTokens {
  readonly #waiting = new Map<string, Waiting>()

  /** @returns the token, and a promise of what is sent to it within the limits */
  open(limits: { timeoutSeconds: number | null; heartbeatSeconds: number | null }, signal: AbortSignal) {
    const token = randomUUID() + randomUUID()
    const timers: { timeout?: NodeJS.Timeout; heartbeat?: NodeJS.Timeout } = {}
    const answer = new Promise<unknown>((resolve, reject) => {
      const beat = () => {
        clearTimeout(timers.heartbeat)
        if (limits.heartbeatSeconds !== null)
          timers.heartbeat = setTimeout(
            () => reject(new StatesError('States.HeartbeatTimeout', 'no heartbeat in time')),
            limits.heartbeatSeconds * 1000,
          )
      }
      beat()
      if (limits.timeoutSeconds !== null)
        timers.timeout = setTimeout(
          () => reject(new StatesError('States.Timeout', 'the task took too long')),
          Math.min(limits.timeoutSeconds * 1000, 2 ** 31 - 1),
        )
      signal.addEventListener('abort', () => reject(new StatesError('States.Aborted', 'the execution was stopped')), {
        once: true,
      })
      this.#waiting.set(token, { resolve, reject, beat })
    }).finally(() => {
      this.#waiting.delete(token)
      clearTimeout(timers.timeout)
      clearTimeout(timers.heartbeat)
    })
    answer.catch(() => {}) // the caller awaits it later; a failure before that is not unhandled
    return {
      token,
      answer,
      close: () => this.#waiting.get(token)?.reject(new StatesError('States.TaskFailed', 'closed')),
    }
  }

  succeed(token: string, output: unknown): void {
    this.#find(token).resolve(output)
  }

  fail(token: string, error: string, cause: string): void {
    this.#find(token).reject(new StatesError(error || 'States.TaskFailed', cause))
  }

  beat(token: string): void {
    this.#find(token).beat()
  }

  #find(token: string): Waiting {
    const waiting = this.#waiting.get(token)
    if (!waiting) throw new AwsError('TaskTimedOut', 'Task Timed Out: no state waits for this token')
    return waiting
  }
}
