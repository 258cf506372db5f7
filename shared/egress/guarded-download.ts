import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream'
import { type ConnectionError, classifyConnectionError, describeConnectionError } from './connection-error.ts'
import { type GuardedAgent, requestGuarded } from './guarded-agent.ts'
import { type EgressRules, problemOfUrl } from './url-rules.ts'

export type DownloadErrorCode = ConnectionError | 'http_status' | 'too_large' | 'url_refused'

/** Why a download ended. The message may be shown to a customer; `internal` may name addresses and is for our log. */
export class DownloadError extends Error {
  readonly code: DownloadErrorCode
  readonly status: number | null
  readonly internal: string
  constructor(code: DownloadErrorCode, message: string, details: { status?: number; internal?: string } = {}) {
    super(message)
    this.name = 'DownloadError'
    this.code = code
    this.status = details.status ?? null
    this.internal = details.internal ?? message
  }
}

export interface Download {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly contentType: string | null
  /** as the server says it; null when it does not, or when the body is compressed in between */
  readonly contentLength: number | null
  /** fails with a DownloadError; has to be read or destroyed, the connection is open until then */
  readonly body: Readable
}

const DEFAULT_IDLE_MS = 10_000

/**
 * GET of a customer's URL through the guard, as a stream. Redirects are not followed (a 3xx is http_status). One deadline
 * over everything, and no pause longer than `idleMs`; nothing is kept in memory but what the reader has not taken yet.
 * @throws DownloadError before the first byte; after it the body fails with one
 */
export const guardedDownload = async (input: {
  readonly agent: GuardedAgent
  readonly url: string
  readonly rules: EgressRules
  readonly deadlineMs: number
  readonly idleMs?: number
  readonly maximumBytes: number
  readonly headers?: Record<string, string>
}): Promise<Download> => {
  const problem = problemOfUrl(input.url, input.rules)
  if (problem) throw new DownloadError('url_refused', problem)
  const timer = new AbortController()
  const deadline = setTimeout(() => timer.abort(), input.deadlineMs)
  const asDownloadError = (error: unknown): DownloadError => {
    if (error instanceof DownloadError) return error
    const code = timer.signal.aborted ? 'timeout' : classifyConnectionError(error)
    return new DownloadError(code, MESSAGES[code], { internal: describeConnectionError(error) })
  }
  try {
    const request = requestGuarded(input.agent, new URL(input.url), {
      method: 'GET',
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'Fleetline/1', ...input.headers },
      signal: timer.signal,
    })
    request.on('error', () => undefined)
    request.end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const status = response.statusCode ?? 0
    const length = response.headers['content-length']
    const contentLength = length === undefined ? null : Number(length)
    const refused =
      status < 200 || status > 299
        ? new DownloadError('http_status', `The server answered ${status}`, { status })
        : contentLength !== null && contentLength > input.maximumBytes
          ? tooLarge(input.maximumBytes)
          : null
    if (refused) {
      request.destroy()
      throw refused
    }
    const body = new CappedBody(input.maximumBytes, input.idleMs ?? DEFAULT_IDLE_MS)
    pipeline(response, body, (error) => {
      clearTimeout(deadline)
      if (error) request.destroy()
    })
    body.translate = asDownloadError
    return {
      status,
      headers: response.headers,
      contentType: response.headers['content-type'] ?? null,
      contentLength,
      body,
    }
  } catch (error) {
    clearTimeout(deadline)
    throw asDownloadError(error)
  }
}

const tooLarge = (maximumBytes: number): DownloadError =>
  new DownloadError('too_large', `The file is larger than ${maximumBytes} bytes`)

const MESSAGES: Readonly<Record<ConnectionError, string>> = {
  blocked_address: 'The URL must not lead to a private address',
  dns_failed: 'The host name has no address',
  connect_refused: 'The server did not take the connection',
  tls_failed: 'The TLS connection failed: the certificate must be valid for the host',
  timeout: 'The server was too slow',
  reset: 'The connection broke before the end',
}

/** Counts and watches what flows through. */
class CappedBody extends Transform {
  translate: (error: unknown) => DownloadError = (error) => error as DownloadError
  readonly #maximumBytes: number
  readonly #idleMs: number
  #bytes = 0
  #idle: NodeJS.Timeout

  constructor(maximumBytes: number, idleMs: number) {
    super()
    this.#maximumBytes = maximumBytes
    this.#idleMs = idleMs
    this.#idle = this.#watch()
  }

  #watch(): NodeJS.Timeout {
    return setTimeout(() => {
      // A reader that does not read is not the server's fault.
      if (this.readableLength >= this.readableHighWaterMark) this.#idle = this.#watch()
      else this.destroy(new DownloadError('timeout', MESSAGES.timeout))
    }, this.#idleMs)
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length
    clearTimeout(this.#idle)
    if (this.#bytes > this.#maximumBytes) done(tooLarge(this.#maximumBytes))
    else {
      this.#idle = this.#watch()
      done(null, chunk)
    }
  }

  override _flush(done: TransformCallback): void {
    clearTimeout(this.#idle)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#idle)
    done(error && this.translate(error))
  }
}
