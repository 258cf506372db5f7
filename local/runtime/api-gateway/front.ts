import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { local } from '../../../infra/config/local.ts'
import { toPortError } from '../../cli/preflight.ts'
import { measureRequest } from '../aws-metrics.ts'
import { type CloudContext, functionOf } from '../cloud-context.ts'
import { matchRoute } from './match-route.ts'
import { toProxyEvent } from './proxy-event.ts'

const BODY_LIMIT_BYTES = 10 * 1024 * 1024
const TIMEOUT_MS = 29_000

export interface ApiFront {
  readonly url: string
  stop(): Promise<void>
}

/** What API Gateway itself would answer, in the product's error format (gateway responses of the template). */
class GatewayProblem extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  constructor(status: number, code: string, title: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
    this.title = title
  }
}

/** The REST API on loopback: real proxy events to the template's functions. */
export const startApiFront = async (context: CloudContext, port: number, apiName = 'api'): Promise<ApiFront> => {
  const server = createServer((request, response) => {
    const requestId = randomUUID()
    const startedAt = performance.now()
    response.once('finish', () =>
      measureRequest(context.log.history, apiName, {
        status: response.statusCode,
        durationMs: performance.now() - startedAt,
      }),
    )
    serve(context, requestId, request, response).catch((error) => answerProblem(context, requestId, response, error))
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseUnread(error, socket))
  server.requestTimeout = 60_000
  // A client that kept its connection for a while must not meet one that is just being closed.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(toPortError(port, error)))
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What node's parser refuses never becomes a request; the answer has the product's format all the same. */
const refuseUnread = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (!socket.writable) return void socket.destroy()
  const requestId = randomUUID()
  const problem =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new GatewayProblem(413, 'payload_too_large', 'The body is too large', 'Address and headers are too large.')
      : new GatewayProblem(400, 'validation_failed', 'The request is not valid', 'This is no HTTP request.')
  const text = problemText(problem, requestId)
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(text)}`,
    `x-request-id: req_${requestId}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
}

const serve = async (
  context: CloudContext,
  requestId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const body = await readBody(request)
  const url = new URL(request.url ?? '/', 'http://api')
  const match = matchRoute(context.routes, request.method ?? 'GET', url.pathname)
  if (!match) throw new GatewayProblem(404, 'not_found', 'Not found', 'There is no such path.')
  const event = toProxyEvent({ request, url, body, match, requestId, binaryMediaTypes: context.binaryMediaTypes })
  const sink = makeSink(response)
  const result = await withTimeout(functionOf(context, match.route.functionArn).invoke(event, sink), sink)
  if (sink.started) return void response.end()
  if (!result || typeof result.statusCode !== 'number')
    throw new GatewayProblem(
      502,
      'internal_error',
      'Something went wrong on our side',
      'The handler gave no valid answer.',
    )
  for (const [name, value] of Object.entries<any>(result.headers ?? {})) response.setHeader(name, String(value))
  for (const [name, values] of Object.entries<any>(result.multiValueHeaders ?? {}))
    response.setHeader(name, values.map(String))
  response.writeHead(result.statusCode)
  response.end(result.isBase64Encoded ? Buffer.from(result.body ?? '', 'base64') : (result.body ?? ''))
}

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size <= BODY_LIMIT_BYTES) chunks.push(chunk)
  }
  if (size > BODY_LIMIT_BYTES)
    throw new GatewayProblem(413, 'payload_too_large', 'The body is too large', 'The gateway takes 10 MB.')
  return Buffer.concat(chunks)
}

/** A streamed answer goes out as it comes; when the client leaves, its source is told. */
const makeSink = (response: ServerResponse) => {
  const sink = {
    started: false,
    head: ({ statusCode, headers }: { statusCode: number; headers?: Record<string, string> }) => {
      sink.started = true
      response.writeHead(statusCode, headers)
      response.flushHeaders()
    },
    chunk: (bytes: Uint8Array) => void response.write(bytes),
    onCancel: (cancel: () => void) => void response.once('close', cancel),
  }
  return sink
}

const withTimeout = async (work: Promise<any>, sink: { readonly started: boolean }): Promise<any> => {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        sink.started ||
        reject(
          new GatewayProblem(
            504,
            'timeout',
            'The request took too long',
            'The handler did not answer within 29 seconds.',
          ),
        ),
      TIMEOUT_MS,
    )
  })
  return Promise.race([work, limit]).finally(() => clearTimeout(timer))
}

const answerProblem = (context: CloudContext, requestId: string, response: ServerResponse, error: unknown): void => {
  const problem =
    error instanceof GatewayProblem
      ? error
      : new GatewayProblem(
          502,
          'internal_error',
          'Something went wrong on our side',
          'Try again; tell us the requestId if it stays.',
        )
  if (!(error instanceof GatewayProblem))
    context.log.line('api-gateway', `${requestId} ${(error as Error)?.stack ?? error}`)
  if (response.headersSent) return void response.destroy()
  response.writeHead(problem.status, { 'content-type': 'application/problem+json', 'x-request-id': `req_${requestId}` })
  response.end(problemText(problem, requestId))
}

const problemText = (problem: GatewayProblem, requestId: string): string =>
  JSON.stringify({
    type: `${local.docsBaseUrl}/errors/${problem.code}`,
    title: problem.title,
    status: problem.status,
    code: problem.code,
    detail: problem.message,
    requestId: `req_${requestId}`,
    retryable: problem.status >= 500,
    docUrl: `${local.docsBaseUrl}/errors#${problem.code}`,
  })
