import type { ErrorCode, Problem } from './types.ts'

/** An answer that is not a success. `code` is from the closed list of docs/api/errors.md. */
export class FleetlineError extends Error {
  readonly status: number
  readonly code: ErrorCode | 'unknown'
  readonly detail: string
  /** quote it when you report a problem */
  readonly requestId: string | null
  /** the same request can succeed later */
  readonly retryable: boolean
  /** per field, of validation_failed */
  readonly errors: readonly { readonly path: string; readonly message: string }[]
  /** what the server asked to wait, in seconds */
  readonly retryAfterSeconds: number | null

  constructor(status: number, problem: Partial<Problem>, retryAfterSeconds: number | null) {
    super(`${problem.code ?? status}: ${problem.detail ?? problem.title ?? 'the request failed'}`)
    this.name = 'FleetlineError'
    this.status = status
    this.code = (problem.code as ErrorCode | undefined) ?? 'unknown'
    this.detail = problem.detail ?? ''
    this.requestId = problem.requestId ?? null
    this.retryable = problem.retryable ?? (status === 429 || status >= 500)
    this.errors = problem.errors ?? []
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** No answer came: the network failed or the time was up, after all retries. */
export class FleetlineConnectionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'FleetlineConnectionError'
  }
}
