import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Problem } from '../problem.ts'
import { reportFailure } from '../report.ts'
import { listen } from '../server/listen.ts'
import type { World } from '../world.ts'
import { contactRoutes } from './contacts.ts'
import { faultRoutes } from './faults.ts'
import { groupRoutes } from './groups.ts'
import { mediaRoutes } from './media.ts'
import { observeRoutes } from './observe.ts'
import { peopleRoutes } from './people.ts'
import { phoneRoutes } from './phones.ts'
import type { Reply, Route } from './route.ts'

export const CONTROL_ROUTES: readonly Route[] = [
  ...phoneRoutes,
  ...contactRoutes,
  ...groupRoutes,
  ...mediaRoutes,
  ...peopleRoutes,
  ...faultRoutes,
  ...observeRoutes,
]
/** A file of 100 MiB in base64 still fits. */
const MAX_BODY_BYTES = 150 * 1024 * 1024
const NAMESPACE = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/

export type ControlServer = { url: string; stop(): Promise<void> }

/** The control API. @param port 0 chooses a free one. Rejects if the port is taken. */
export async function startControlServer(world: World, port: number, host?: string): Promise<ControlServer> {
  const server = createServer((request, response) => {
    answer(world, request).then(
      ({ status, body }) => write(response, status, body),
      (error: unknown) => writeError(response, error),
    )
  })
  // A client that kept its connection for a while must not meet one that is just being closed.
  server.keepAliveTimeout = 60_000
  await listen(server, port, host)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function answer(world: World, request: IncomingMessage): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const namespace = headerText(request, 'x-namespace') ?? 'default'
  if (!NAMESPACE.test(namespace))
    throw new Problem(400, 'invalid_namespace', 'x-namespace: 1 to 100 letters, digits, _ . : or -')
  const body = await readBody(request)
  const segments = url.pathname.split('/')
  const samePath = CONTROL_ROUTES.flatMap((route) => {
    const params = matchPath(route.path.split('/'), segments)
    return params ? [{ route, params }] : []
  })
  if (samePath.length === 0) throw new Problem(404, 'unknown_path', `There is no ${url.pathname} in the control API.`)
  const match = samePath.find(({ route }) => route.method === request.method)
  if (!match)
    throw new Problem(
      405,
      'method_not_allowed',
      `${url.pathname} takes ${samePath.map(({ route }) => route.method).join(', ')}.`,
    )
  return match.route.handle({ world, namespace, params: match.params, query: url.searchParams, body })
}

function matchPath(pattern: string[], segments: string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index]!
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(segment)
    else if (part !== segment) return undefined
  }
  return params
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Problem(413, 'body_too_large', `A body may have ${MAX_BODY_BYTES} bytes.`)
    chunks.push(chunk)
  }
  if (size === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch {
    throw new Problem(400, 'malformed_json', 'The body is not JSON.')
  }
}

function headerText(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

function write(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return
  if (body instanceof Uint8Array) {
    response.writeHead(status, { 'content-type': 'application/octet-stream' }).end(body)
    return
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function writeError(response: ServerResponse, error: unknown): void {
  const problem = asProblem(error)
  write(response, problem.status, { status: problem.status, code: problem.code, detail: problem.message })
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof URIError) return new Problem(400, 'malformed_path', 'The path is not valid percent-encoding.')
  reportFailure('a control request', error)
  return new Problem(500, 'internal', 'The simulator failed: see its stderr.')
}
