import type { ApiFunction, Operation } from '../../shared/contract/operation.ts'
import { operations } from '../../shared/contract/operations.ts'
import type { ProxyEvent } from '../../shared/http/gateway.ts'

export interface CallOptions {
  readonly body?: unknown
  /** sent as it is, instead of `body` */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly sourceIp?: string
  /** what stands before the path in the address: API Gateway's stage */
  readonly stage?: string
}

/** A request as the gateway hands it to a function. @param key null: without authorization */
export const proxyEventOf = (key: string | null, method: string, path: string, input: CallOptions): ProxyEvent => {
  const url = new URL(path, 'http://gateway')
  const text = input.text ?? (input.body === undefined ? null : JSON.stringify(input.body))
  return {
    httpMethod: method,
    path: url.pathname,
    headers: {
      ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
      ...(text === null ? {} : { 'Content-Type': 'application/json' }),
      ...input.headers,
    },
    multiValueQueryStringParameters: Object.fromEntries(
      [...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name)]),
    ),
    body: text,
    isBase64Encoded: false,
    requestContext: {
      requestId: 'gateway',
      path: `${input.stage ?? ''}${url.pathname}`,
      identity: { sourceIp: input.sourceIp ?? '203.0.113.7' },
    },
  }
}

/** Literal paths before those with parameters. */
const PATHS = Object.values(operations as Record<string, Operation>)
  .sort((a, b) => a.path.split('{').length - b.path.split('{').length)
  .map((operation) => ({
    pattern: new RegExp(`^${operation.path.replace(/\{\w+\}/g, '[^/]+')}$`),
    function: operation.function,
  }))

/** The function behind a path; what matches nothing goes to api-control, like the gateway's catch-all. */
export const functionOf = (path: string): ApiFunction =>
  PATHS.find(({ pattern }) => pattern.test(path))?.function ?? 'api-control'
