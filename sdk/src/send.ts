import { FleetlineConnectionError, FleetlineError } from './errors.ts'
import type { Problem } from './types.ts'

export interface ClientOptions {
  /** flk_live_…, flk_test_… or flk_admin_… */
  readonly apiKey: string
  /** e.g. https://api.example.com */
  readonly baseUrl: string
  /** how often a request that can be repeated safely is tried again; default 3 */
  readonly maximumRetries?: number
  /** per try; default 30 000 */
  readonly timeoutMs?: number
  /** default: the global fetch */
  readonly fetch?: typeof globalThis.fetch
}

export interface RequestOptions {
  /** default: a random one for every call that takes one, the same for all its retries */
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  readonly maximumRetries?: number
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly query?: Readonly<Record<string, unknown>>
  /** doing it twice is like doing it once */
  readonly retryable: boolean
  readonly takesIdempotencyKey?: boolean
}

export type Send = <Answer>(request: ApiRequest, options?: RequestOptions) => Promise<Answer>

const DEFAULT_RETRIES = 3
const DEFAULT_TIMEOUT_MS = 30_000
const FIRST_DELAY_MS = 250
const MAXIMUM_DELAY_MS = 8_000
/** A server that asks for more is not waited for: the caller gets the error with retryAfterSeconds. */
const MAXIMUM_WAIT_MS = 60_000

const RETRIED = new Set([429, 500, 502, 503, 504])

/** Sends requests: keys, Idempotency-Key, time-outs, retries with jitter, Retry-After, typed errors. */
export const makeSend = (client: ClientOptions): Send => {
  const fetch = client.fetch ?? globalThis.fetch
  const base = client.baseUrl.replace(/\/+$/, '')

  const once = async (request: ApiRequest, options: RequestOptions, idempotencyKey: string | undefined) => {
    const timeout = AbortSignal.timeout(client.timeoutMs ?? DEFAULT_TIMEOUT_MS)
    const response = await fetch(`${base}${request.path}${queryOf(request.query)}`, {
      method: request.method,
      headers: {
        Accept: 'application/json',
        Authorization: `Bearer ${client.apiKey}`,
        ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
        ...options.headers,
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      redirect: 'error',
    })
    return { response, text: await response.text() }
  }

  return async <Answer>(request: ApiRequest, options: RequestOptions = {}): Promise<Answer> => {
    const idempotencyKey =
      options.idempotencyKey ?? (request.takesIdempotencyKey ? globalThis.crypto.randomUUID() : undefined)
    const tries = request.retryable ? 1 + (options.maximumRetries ?? client.maximumRetries ?? DEFAULT_RETRIES) : 1
    for (let attempt = 1; ; attempt++) {
      let failure: FleetlineError | FleetlineConnectionError
      try {
        const { response, text } = await once(request, options, idempotencyKey)
        if (response.ok || response.status === 304) return readAnswer<Answer>(response, text)
        failure = errorOf(response, text)
      } catch (error) {
        if (options.signal?.aborted) throw error
        failure = new FleetlineConnectionError(`${request.method} ${request.path} got no answer`, { cause: error })
      }
      const waitMs = attempt < tries ? waitBefore(failure, attempt) : null
      if (waitMs === null) throw failure
      await sleep(waitMs, options.signal)
    }
  }
}

/** Milliseconds until the next try; null when another try makes no sense. */
const waitBefore = (failure: FleetlineError | FleetlineConnectionError, attempt: number): number | null => {
  const backoff = Math.min(MAXIMUM_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2)
  if (failure instanceof FleetlineConnectionError) return backoff
  if (!RETRIED.has(failure.status) || !failure.retryable) return null
  const askedMs = (failure.retryAfterSeconds ?? 0) * 1000
  return askedMs > MAXIMUM_WAIT_MS ? null : Math.max(askedMs, backoff)
}

const queryOf = (query: ApiRequest['query']): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null) continue
    for (const item of Array.isArray(value) ? value : [value]) search.append(name, String(item))
  }
  const text = search.toString()
  return text ? `?${text}` : ''
}

const readAnswer = <Answer>(response: Response, text: string): Answer => {
  if (text === '') return null as Answer
  const isJson = (response.headers.get('content-type') ?? '').includes('json')
  return (isJson ? JSON.parse(text) : text) as Answer
}

const errorOf = (response: Response, text: string): FleetlineError => {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new FleetlineError(response.status, parseProblem(text), Number.isFinite(seconds) ? seconds : null)
}

/** A proxy in between may answer anything. */
const parseProblem = (text: string): Partial<Problem> => {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' ? value : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

const sleep = (milliseconds: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', stop, { once: true })
  })
