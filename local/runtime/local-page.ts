/**
 * The page at /_local/: what runs, what it measures and what it prints. One file without outside resources, so that it
 * works without a network; everything that comes from elsewhere is set as text, never as HTML.
 */
export const LOCAL_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fleetline on this machine</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; --line: light-dark(#d8dde3, #363c44); --soft: light-dark(#5b6673, #9aa5b1);
    --back: light-dark(#f5f7f9, #14171a); --card: light-dark(#fff, #1d2126); --good: light-dark(#18794e, #4cc38a);
    --bad: light-dark(#b42318, #ff8b7e); --warn: light-dark(#946200, #f0c35c); --accent: light-dark(#0b62c4, #7db7ff) }
  * { box-sizing: border-box }
  body { margin: 0; background: var(--back); font: 14px/1.5 system-ui, sans-serif }
  header, main { max-width: 82rem; margin: 0 auto; padding: 1rem 1.25rem }
  header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.5rem }
  h1 { font-size: 1.25rem; margin: 0 } h2 { font-size: 1rem; margin: 0 }
  a { color: var(--accent) } code, td.code { font-family: ui-monospace, monospace; font-size: .8125rem }
  #state { font-weight: 600 } #state.on { color: var(--good) } #state.off { color: var(--bad) }
  main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 34rem), 1fr)); gap: 1rem; padding-top: 0 }
  section { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .875rem 1rem; min-width: 0 }
  section.wide { grid-column: 1 / -1 }
  .head { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin-bottom: .5rem }
  .head a { margin-left: auto; font-size: .8125rem }
  .table { overflow: auto; max-height: 22rem }
  table { border-collapse: collapse; width: 100% }
  th { text-align: left; color: var(--soft); font-weight: 500; position: sticky; top: 0; background: var(--card) }
  th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top }
  td.grow { white-space: normal; overflow-wrap: anywhere; width: 100% } .number { text-align: right; font-variant-numeric: tabular-nums }
  .good { color: var(--good) } .bad { color: var(--bad) } .warn { color: var(--warn) } .soft, .empty { color: var(--soft) }
  input { font: inherit; padding: .2rem .5rem; border: 1px solid var(--line); border-radius: .25rem; min-width: 16rem }
  .source { color: var(--accent) } #log div { padding-left: 2ch; text-indent: -2ch }
  #log { margin: 0; height: 24rem; overflow: auto; font: .75rem/1.55 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere }
</style>
<header>
  <h1>Fleetline on this machine</h1>
  <span id="state" role="status">connecting …</span>
  <span class="soft">API <code id="api"></code></span>
  <span class="soft">data <code id="data"></code></span>
  <a href="/_local/dashboards" style="margin-left:auto">Dashboards</a>
</header>
<main>
  <section><div class="head"><h2>Processes</h2><a href="/_local/processes">JSON</a></div><div class="table" id="processes"></div></section>
  <section><div class="head"><h2>State machine executions</h2><a href="/_local/executions">JSON</a></div><div class="table" id="executions"></div></section>
  <section class="wide"><div class="head"><h2>Metrics since start</h2>
    <input id="metric-filter" type="search" placeholder="filter" aria-label="Filter metrics"><a href="/_local/metrics">JSON</a></div>
    <div class="table" id="metrics"></div></section>
  <section class="wide"><div class="head"><h2>Log</h2>
    <input id="log-filter" type="search" placeholder="filter, e.g. wrk_ or error" aria-label="Filter the log">
    <label><input id="log-follow" type="checkbox" checked style="min-width:0"> follow</label>
    <a href="/_local/log">text</a></div>
    <pre id="log" tabindex="0" aria-label="Log"></pre></section>
</main>
<script>
const byId = (id) => document.getElementById(id)
const element = (tag, text, className) => Object.assign(document.createElement(tag), { textContent: text ?? '', className: className ?? '' })
const table = (id, columns, rows, empty) => {
  if (rows.length === 0) return byId(id).replaceChildren(element('p', empty, 'empty'))
  const make = document.createElement('table')
  const head = make.createTHead().insertRow()
  head.append(...columns.map(([title, kind]) => element('th', title, kind === 'number' ? 'number' : '')))
  const body = make.createTBody()
  for (const row of rows) body.insertRow().append(...row.map((value, index) =>
    value instanceof Node ? value : element('td', value, columns[index][1])))
  byId(id).replaceChildren(make)
}
const number = (value) => Number(value).toLocaleString('en', { maximumFractionDigits: 1 })
const seconds = (ms) => ms < 1000 ? Math.round(ms) + ' ms' : ms < 120000 ? (ms / 1000).toFixed(1) + ' s' : Math.round(ms / 60000) + ' min'
const clock = (at) => new Date(at).toLocaleTimeString('en-GB')
const get = async (path) => (await fetch('/_local/' + path)).json()
const matches = (text, filter) => text.toLowerCase().includes(filter.trim().toLowerCase())
const shortName = (name) => name.replace(/^arn:.*:/, '').replace(/fleetline-local-\\w+?-/, '')
let lines = []

const showProcesses = ({ data }) => table('processes',
  [['Kind'], ['Name', 'grow'], ['Worker', 'code'], ['Memory', 'number'], ['Pid', 'number']],
  data.map((item) => [item.kind, shortName(item.name), item.workerId ?? '', item.rssBytes ? Math.round(item.rssBytes / 1048576) + ' MB' : '', String(item.pid)]), '')

const STATUS = { SUCCEEDED: 'good', RUNNING: 'warn' }
const showExecutions = ({ data }) => table('executions',
  [['Started'], ['Machine', 'grow'], ['Status'], ['Took', 'number'], ['Error']],
  data.slice(0, 50).map((item) => [clock(item.startedAt), shortName(item.machine),
    element('td', item.status.toLowerCase(), STATUS[item.status] ?? 'bad'),
    seconds((item.stoppedAt ?? Date.now()) - item.startedAt), item.error ?? '']), 'None so far: linking a session starts one.')

let metrics = {}
const showMetrics = () => table('metrics',
  [['Metric', 'code'], ['Dimensions', 'grow'], ['Count', 'number'], ['Sum', 'number'], ['Mean', 'number'], ['Least', 'number'], ['Most', 'number'], ['Last', 'number'], ['Unit']],
  Object.entries(metrics).filter(([key]) => matches(key, byId('metric-filter').value)).sort(([a], [b]) => a.localeCompare(b)).map(([key, series]) => {
    const [, name, dimensions] = /^(.*)\\{(.*)\\}$/.exec(key)
    return [name, dimensions.split(',').filter((part) => !/^(env|cell)=/.test(part)).join(', '), number(series.count), number(series.sum), number(series.sum / series.count), number(series.min), number(series.max), number(series.last), series.unit === 'None' ? '' : series.unit ?? '']
  }), 'None so far.')

const HIDDEN = new Set(['level', 'time', 'component', 'msg', 'gatewayRequestId', 'v'])
/** "<time> [<source>] <JSON or text>" → its parts; what is not JSON stays as it is. */
const parseLine = (line) => {
  const [, time = '', source = '', text = line] = /^(\\S+) \\[([^\\]]*)\\] (.*)$/s.exec(line) ?? []
  try {
    const record = JSON.parse(text)
    const rest = Object.entries(record).filter(([key]) => !HIDDEN.has(key)).map(([key, value]) => key + '=' + (typeof value === 'object' ? JSON.stringify(value) : value))
    return { time, source, level: String(record.level ?? ''), text: record.msg ?? '', rest: rest.join(' ') }
  } catch {
    return { time, source, level: /\\bERROR\\b|unexpectedly|failed/.test(text) ? 'error' : '', text, rest: '' }
  }
}
const LEVELS = { error: 'bad', fatal: 'bad', warn: 'warn' }
const showLine = (line) => {
  const { time, source, level, text, rest } = parseLine(line)
  const row = element('div', '', LEVELS[level])
  row.append(element('span', time.slice(11, 23) + ' ', 'soft'), element('span', shortName(source).padEnd(24) + ' ', 'source'), element('span', text + ' '), element('span', rest, 'soft'))
  return row
}
const showLog = () => {
  const filter = byId('log-filter').value
  const pre = byId('log')
  pre.replaceChildren(...lines.filter((line) => matches(line, filter)).slice(-400).map(showLine))
  if (byId('log-follow').checked) pre.scrollTop = pre.scrollHeight
}

const refresh = async () => {
  try {
    const about = await get('about')
    byId('api').textContent = about.apiUrl
    byId('data').textContent = about.dataDir
    showProcesses(await get('processes'))
    showExecutions(await get('executions'))
    metrics = (await get('metrics')).data
    showMetrics()
    if (byId('log-follow').checked) lines = (await (await fetch('/_local/log?lines=1000')).text()).split('\\n').filter(Boolean)
    showLog()
    byId('state').textContent = 'running for ' + seconds(Date.now() - about.startedAt)
    byId('state').className = 'on'
  } catch {
    byId('state').textContent = 'not running: npm start'
    byId('state').className = 'off'
  }
}
byId('metric-filter').addEventListener('input', showMetrics)
byId('log-filter').addEventListener('input', showLog)
const loop = () => refresh().then(() => setTimeout(loop, 2000))
loop()
</script>
</html>
`
