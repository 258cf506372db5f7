import type { IncomingMessage } from 'node:http'
import type { RouteMatch } from './match-route.ts'

/** API Gateway's REST proxy event (payload version 1). */
export const toProxyEvent = (input: {
  request: IncomingMessage
  url: URL
  body: Buffer
  match: RouteMatch
  requestId: string
  binaryMediaTypes: ReadonlySet<string>
}) => {
  const { request, url, body, match } = input
  const contentType = String(request.headers['content-type'] ?? '').split(';')[0]!
  const binary = input.binaryMediaTypes.has(contentType) || input.binaryMediaTypes.has('*/*')
  // Without a prototype: a client may call its header or parameter `constructor`.
  const multiValueHeaders: Record<string, string[]> = Object.create(null)
  for (let i = 0; i < request.rawHeaders.length; i += 2)
    (multiValueHeaders[request.rawHeaders[i]!] ??= []).push(request.rawHeaders[i + 1]!)
  const multiValueQueryStringParameters: Record<string, string[]> = Object.create(null)
  for (const [name, value] of url.searchParams) (multiValueQueryStringParameters[name] ??= []).push(value)
  const hasQuery = Object.keys(multiValueQueryStringParameters).length > 0
  const last = (lists: Record<string, string[]>) =>
    Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, values.at(-1)!]))
  return {
    resource: match.route.path,
    path: url.pathname,
    httpMethod: request.method,
    headers: last(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: hasQuery ? last(multiValueQueryStringParameters) : null,
    multiValueQueryStringParameters: hasQuery ? multiValueQueryStringParameters : null,
    pathParameters: match.pathParameters,
    stageVariables: null,
    requestContext: {
      requestId: input.requestId,
      resourcePath: match.route.path,
      httpMethod: request.method,
      path: url.pathname,
      stage: 'local',
      protocol: 'HTTP/1.1',
      requestTimeEpoch: Date.now(),
      accountId: '000000000000',
      apiId: 'local',
      identity: {
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        userAgent: request.headers['user-agent'] ?? null,
      },
    },
    body: body.length ? body.toString(binary ? 'base64' : 'utf8') : null,
    isBase64Encoded: binary && body.length > 0,
  }
}
