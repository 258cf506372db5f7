import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { classifyConnectionError, describeConnectionError } from '../egress/connection-error.ts'
import {
  type ConnectionDetails,
  connectionDetails,
  type GuardedAgent,
  requestGuarded,
} from '../egress/guarded-agent.ts'
import type { AttemptError } from '../store/rows/webhook.ts'

const RESPONSE_CAP_BYTES = 16 * 1024

export interface PostResult {
  readonly httpStatus: number | null
  readonly error: AttemptError | null
  readonly retryAfter: string | null
  readonly responseBody: string | null
  readonly responseHeaders: Readonly<Record<string, string>>
  readonly firstByteMs: number | null
  readonly durationMs: number
  /** null: no connection was made */
  readonly connection: PostConnection | null
  /** for our log; may name addresses, never shown to a customer */
  readonly internal: string | null
}

/** @property connectMs null, as the others: a connection that was open already was used */
export interface PostConnection extends Omit<ConnectionDetails, 'connectMs'> {
  readonly connectMs: number | null
}

/**
 * One POST under one deadline over DNS, connect, TLS, headers and body. Redirects are answers like any other (never
 * followed); of the answer 16 kB are read, the rest is cut off. Never throws: what went wrong is in the result.
 */
export const postWebhook = async (input: {
  dispatcher: GuardedAgent
  url: string
  headers: Record<string, string>
  body: string
  deadlineMs: number
}): Promise<PostResult> => {
  const started = performance.now()
  const elapsed = () => Math.round(performance.now() - started)
  const signal = AbortSignal.timeout(input.deadlineMs)
  let httpStatus: number | null = null
  let retryAfter: string | null = null
  let firstByteMs: number | null = null
  let responseHeaders: Record<string, string> = {}
  let connection: PostConnection | null = null
  const onConnection = (made: PostConnection | null) => {
    connection = made
  }
  try {
    const response = await send(input, signal, onConnection)
    httpStatus = response.statusCode ?? null
    firstByteMs = elapsed()
    responseHeaders = headersOf(response.headers)
    retryAfter = response.headers['retry-after'] ?? null
    const responseBody = await readCapped(response)
    const ok = httpStatus !== null && httpStatus >= 200 && httpStatus < 300
    return {
      httpStatus,
      error: ok ? null : 'http_status',
      retryAfter,
      responseBody,
      responseHeaders,
      firstByteMs,
      durationMs: elapsed(),
      connection,
      internal: null,
    }
  } catch (error) {
    // The status line may have come before the body hung: a 2xx without its body is still no confirmed delivery.
    const failed = signal.aborted ? 'timeout' : classifyConnectionError(error)
    return {
      httpStatus,
      error: failed,
      retryAfter,
      responseBody: null,
      responseHeaders,
      firstByteMs,
      durationMs: elapsed(),
      connection,
      internal: describeConnectionError(error),
    }
  }
}

/** A kept connection that the receiver closes at the same moment says nothing about the receiver: once again, anew. */
const send = async (
  input: { dispatcher: GuardedAgent; url: string; headers: Record<string, string>; body: string },
  signal: AbortSignal,
  onConnection: (connection: PostConnection | null) => void,
): Promise<IncomingMessage> => {
  const request = requestGuarded(input.dispatcher, new URL(input.url), {
    method: 'POST',
    headers: input.headers,
    signal,
  })
  // After the answer came, the rest of the request may still fail (a receiver that closes early): the answer counts.
  request.on('error', () => undefined)
  request.once('socket', (socket) => {
    const made = connectionDetails(socket)
    onConnection(made && request.reusedSocket ? { ...made, dnsMs: null, connectMs: null, tlsMs: null } : made)
  })
  request.end(input.body)
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return response
  } catch (error) {
    if (signal.aborted || !request.reusedSocket) throw error
    return send(input, signal, onConnection)
  }
}

const MAXIMUM_HEADERS = 40
const MAXIMUM_HEADER_CHARACTERS = 256

/** For the ledger: enough to see what answered. Cookies are the receiver's secrets. */
const headersOf = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name, value]) => value !== undefined && name !== 'set-cookie')
      .slice(0, MAXIMUM_HEADERS)
      .map(([name, value]) => [name, String(value).slice(0, MAXIMUM_HEADER_CHARACTERS)]),
  )

const readCapped = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= RESPONSE_CAP_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, RESPONSE_CAP_BYTES).toString('utf8')
}
