import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CloudLog, silent } from './log.ts'

/** An AWS service that speaks awsJson 1.0 or 1.1. */
export interface AwsJsonService {
  /** what stands before the dot in x-amz-target, e.g. TrentService */
  readonly targetPrefix: string
  /** @throws AwsError for errors in AWS's own shape */
  handle(action: string, input: any): Promise<unknown>
}

export class AwsError extends Error {
  readonly code: string
  readonly status: number
  readonly fields: Record<string, unknown>
  constructor(code: string, message: string, status = 400, fields: Record<string, unknown> = {}) {
    super(message)
    this.code = code
    this.status = status
    this.fields = fields
  }
}

export interface AwsJsonEndpoint {
  readonly url: string
  stop(): Promise<void>
}

/** One HTTP endpoint for all awsJson services; what is not there answers UnknownOperationException and is logged. */
export const startAwsJson = async (input: {
  services: readonly AwsJsonService[]
  port?: number
  log?: CloudLog
}): Promise<AwsJsonEndpoint> => {
  const log = input.log ?? silent
  const services = new Map(input.services.map((service) => [service.targetPrefix, service]))
  const server = createServer((request, response) => {
    dispatch(services, request).then(
      (body) => answer(response, 200, body ?? {}),
      (error) => {
        const known =
          error instanceof AwsError ? error : new AwsError('InternalFailure', String(error?.stack ?? error), 500)
        if (known.status >= 500 || known.code === 'UnknownOperationException')
          log(`aws: ${known.code} ${known.message}`)
        answer(
          response,
          known.status,
          { __type: known.code, message: known.message, Message: known.message, ...known.fields },
          known.code,
        )
      },
    )
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(input.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const dispatch = async (services: ReadonlyMap<string, AwsJsonService>, request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const target = String(request.headers['x-amz-target'] ?? '')
  const dot = target.lastIndexOf('.')
  const service = services.get(target.slice(0, dot))
  if (!service) throw new AwsError('UnknownOperationException', `no local service for "${target || request.url}"`, 404)
  return service.handle(target.slice(dot + 1), JSON.parse(Buffer.concat(chunks).toString() || '{}'))
}

const answer = (response: ServerResponse, status: number, body: unknown, errorType?: string): void => {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': randomUUID(),
    ...(errorType ? { 'x-amzn-errortype': errorType } : {}),
  })
  response.end(JSON.stringify(body))
}

/** The default case of every service's switch. */
export const unknownAction = (service: string, action: string): never => {
  throw new AwsError('UnknownOperationException', `the local ${service} has no ${action}`, 404)
}
