import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ListedProcess } from '../process/process-table.ts'
import type { LocalLog } from './local-log.ts'
import type { ExecutionRecord } from './step-functions/execution-store.ts'

/** What only a laptop has: its processes, metrics, log and executions, on a port of its own. */
export const startLocalServer = async (input: {
  log: LocalLog
  processes: () => readonly ListedProcess[]
  executions: () => readonly ExecutionRecord[]
}) => {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://local')
    switch (url.pathname) {
      case '/_local/processes':
        return json(response, { data: input.processes() })
      case '/_local/metrics':
        return json(response, { data: input.log.metrics() })
      case '/_local/executions':
        return json(response, { data: input.executions() })
      case '/_local/log': {
        response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
        response.write(`${input.log.recent(Number(url.searchParams.get('lines') ?? 500)).join('\n')}\n`)
        if (!url.searchParams.has('follow')) return void response.end()
        const unfollow = input.log.follow((line) => response.write(`${line}\n`))
        return void request.once('close', unfollow)
      }
      case '/':
      case '/_local':
      case '/_local/':
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        return void response.end(INDEX)
      default:
        response.writeHead(404, { 'content-type': 'application/json' })
        return void response.end('{"detail":"there is /_local/processes, metrics, executions and log"}')
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const json = (response: ServerResponse, body: unknown): void => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

const INDEX = `<!doctype html><meta charset="utf-8"><title>Fleetline, local</title>
<style>body{font:15px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}pre{background:#f4f4f4;padding:1rem;overflow:auto;max-height:30rem}h2{margin-top:2rem}table{border-collapse:collapse}td,th{padding:.2rem .8rem;text-align:left;border-bottom:1px solid #ddd}</style>
<h1>Fleetline on this machine</h1>
<h2>Processes</h2><table id="processes"></table>
<h2>Metrics</h2><table id="metrics"></table>
<h2>Log</h2><pre id="log"></pre>
<script>
const cell = (text) => { const td = document.createElement('td'); td.textContent = text; return td }
const fill = (id, rows) => { const table = document.getElementById(id); table.replaceChildren(...rows.map((row) => { const tr = document.createElement('tr'); tr.append(...row.map(cell)); return tr })) }
const refresh = async () => {
  const get = async (path) => (await (await fetch('/_local/' + path)).json()).data
  fill('processes', (await get('processes')).map((p) => [p.kind, p.name, p.pid, p.workerId ?? '']))
  fill('metrics', Object.entries(await get('metrics')).map(([name, m]) => [name, 'count ' + m.count, 'mean ' + (m.sum / m.count).toFixed(1), 'max ' + m.max, m.unit]))
  document.getElementById('log').textContent = await (await fetch('/_local/log?lines=60')).text()
}
refresh(); setInterval(refresh, 2000)
</script>`
