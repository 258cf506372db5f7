import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json as jsonBody } from 'node:stream/consumers'
import type { ListedProcess } from '../process/process-table.ts'
import type { DrawnDashboard } from './dashboards.ts'
import { DASHBOARDS_PAGE } from './dashboards-page.ts'
import type { LocalLog } from './local-log.ts'
import { LOCAL_PAGE } from './local-page.ts'
import type { ExecutionRecord } from './step-functions/execution-store.ts'

export interface LocalServerInput {
  readonly about: { readonly apiUrl: string; readonly dataDir: string; readonly startedAt: number }
  readonly log: LocalLog
  readonly processes: () => readonly ListedProcess[]
  readonly executions: () => readonly ExecutionRecord[]
  readonly dashboards: () => readonly DrawnDashboard[]
  /** see LocalCloud */
  readonly deployVersion: (version: string) => void
}

const DEFAULT_LINES = 500
const PAGE_BYTES = 4096
/** Nothing from outside may be loaded, and no other page may frame this one. */
const POLICY =
  "default-src 'none'; connect-src 'self'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'"

/** What only a laptop has: its processes, metrics, log and executions, on a port of its own. */
export const startLocalServer = async (input: LocalServerInput) => {
  const server = createServer((request, response) => answer(input, request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const answer = (input: LocalServerInput, request: IncomingMessage, response: ServerResponse): void => {
  // A page of another site could reach us under its own name (DNS rebinding) and read the log.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? ''))
    return void problem(response, 421, 'ask for 127.0.0.1 or localhost')
  if (request.method === 'POST' && request.url === '/_local/version')
    return void deployVersion(input, request, response).catch(() => problem(response, 400, VERSION_WANTED))
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return void problem(response, 405, 'everything here is read with GET, but POST /_local/version')
  const url = new URL(request.url ?? '/', 'http://local')
  switch (url.pathname) {
    case '/_local/about':
      return void json(response, input.about)
    case '/_local/processes':
      return void json(response, { data: input.processes().map(withMemory) })
    case '/_local/metrics':
      return void json(response, { data: input.log.metrics() })
    case '/_local/executions':
      return void json(response, { data: input.executions() })
    case '/_local/dashboards.json':
      return void json(response, { data: input.dashboards() })
    case '/_local/dashboards':
      return void page(response, DASHBOARDS_PAGE)
    case '/_local/log':
      return void answerLog(input.log, url, request, response)
    case '/':
      return void response.writeHead(302, { location: '/_local/' }).end()
    case '/_local':
    case '/_local/':
      return void page(response, LOCAL_PAGE)
    default:
      return void problem(
        response,
        404,
        'there is /_local/ with about, processes, metrics, dashboards, executions and log',
      )
  }
}

const VERSION_WANTED = 'a JSON body {"version": "1 to 64 of a-z A-Z 0-9 . _ -"} is needed'

/** To watch a rollout: functions are of the new version at once, workers keep theirs until they are replaced. */
const deployVersion = async (
  { deployVersion: deploy }: LocalServerInput,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  // A form of another site cannot send this type without asking first, and is never answered.
  if (request.headers['content-type'] !== 'application/json') return void problem(response, 415, VERSION_WANTED)
  const { version } = (await jsonBody(request)) as { version?: unknown }
  if (typeof version !== 'string' || !/^[\w.-]{1,64}$/.test(version)) return void problem(response, 400, VERSION_WANTED)
  deploy(version)
  json(response, { version })
}

/** Plain text; `lines` of it (500), and with `follow` whatever comes from now on. */
const answerLog = (log: LocalLog, url: URL, request: IncomingMessage, response: ServerResponse): void => {
  const lines = Number(url.searchParams.get('lines') ?? DEFAULT_LINES)
  if (!Number.isInteger(lines) || lines < 1) return void problem(response, 400, 'lines must be a whole number from 1')
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  response.write(
    log
      .recent(lines)
      .map((line) => `${line}\n`)
      .join(''),
  )
  if (!url.searchParams.has('follow')) return void response.end()
  const unfollow = log.follow((line) => response.write(`${line}\n`))
  request.once('close', unfollow)
}

/** Resident memory where the system tells it (Linux), else absent. */
const withMemory = (item: ListedProcess): ListedProcess & { rssBytes?: number } => {
  try {
    const pages = Number(readFileSync(`/proc/${item.pid}/statm`, 'utf8').split(' ')[1])
    return { ...item, rssBytes: pages * PAGE_BYTES }
  } catch {
    return item // ended a moment ago, or no Linux
  }
}

const json = (response: ServerResponse, body: unknown): void => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

const page = (response: ServerResponse, html: string): void => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY })
  response.end(html)
}

const problem = (response: ServerResponse, status: number, detail: string): void => {
  response.writeHead(status, { 'content-type': 'application/problem+json' })
  response.end(JSON.stringify({ type: 'about:blank', status, detail }))
}
