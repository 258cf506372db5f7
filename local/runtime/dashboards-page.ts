/**
 * The page at /_local/dashboards: the six dashboards of the template, drawn from what this machine measured. One file
 * without outside resources; everything that comes from elsewhere is set as text, never as HTML.
 */
export const DASHBOARDS_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fleetline dashboards on this machine</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; --line: light-dark(#d8dde3, #363c44); --soft: light-dark(#5b6673, #9aa5b1);
    --back: light-dark(#f5f7f9, #14171a); --card: light-dark(#fff, #1d2126); --accent: light-dark(#0b62c4, #7db7ff);
    --bad: light-dark(#b42318, #ff8b7e) }
  * { box-sizing: border-box }
  body { margin: 0; background: var(--back); font: 14px/1.5 system-ui, sans-serif }
  header, main { max-width: 90rem; margin: 0 auto; padding: 1rem 1.25rem }
  header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .5rem 1.5rem }
  h1 { font-size: 1.25rem; margin: 0 } h2 { font-size: .9375rem; margin: 0 0 .25rem }
  a { color: var(--accent) } p { margin: 0; color: var(--soft) }
  nav { display: flex; flex-wrap: wrap; gap: .25rem; width: 100% }
  button { font: inherit; padding: .3rem .9rem; border: 1px solid var(--line); border-radius: .375rem; background: var(--card); color: inherit; cursor: pointer }
  button[aria-pressed=true] { border-color: var(--accent); color: var(--accent); font-weight: 600 }
  main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1rem; padding-top: 0 }
  section { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; min-width: 0 }
  svg { width: 100%; height: auto; display: block } svg text { fill: var(--soft); font-size: 11px }
  svg line { stroke: var(--line) } svg polyline { fill: none; stroke-width: 1.75; stroke-linejoin: round }
  ul { list-style: none; margin: .25rem 0 0; padding: 0; font-size: .8125rem; display: flex; flex-wrap: wrap; gap: 0 1rem }
  li i { display: inline-block; width: .75rem; height: .1875rem; margin-right: .375rem; vertical-align: middle }
  li b { font-weight: 600; font-variant-numeric: tabular-nums } .elsewhere { color: var(--soft) }
  #error { color: var(--bad) }
</style>
<header><h1>Dashboards</h1><p id="question"></p><p id="error"></p><a href="/_local/" style="margin-left:auto">Processes, metrics, log</a><nav id="tabs"></nav></header>
<main id="graphs"></main>
<script>
const COLORS = ['#2f6fde', '#d9730d', '#18794e', '#b42318', '#8250df', '#0e7490', '#9a6700', '#bf3989', '#57606a', '#4d7c0f', '#be123c', '#0369a1']
const WIDTH = 440, HEIGHT = 180, LEFT = 46, RIGHT = 46, TOP = 10, BOTTOM = 20, WINDOW_MS = 15 * 60_000
const byId = (id) => document.getElementById(id)
const element = (name, text = '', className = '') => Object.assign(document.createElement(name), { textContent: text, className })
const drawn = (name, attributes, text = '') => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.textContent = text
  return made
}
const short = (value) => {
  for (const [limit, unit] of [[1e9, 'G'], [1e6, 'M'], [1e4, 'k']]) if (Math.abs(value) >= limit) return (value / (unit === 'k' ? 1e3 : limit)).toFixed(1) + unit
  return String(Math.round(value * 100) / 100)
}
const clock = (at) => new Date(at).toTimeString().slice(0, 5)
const roundUp = (value) => {
  if (value <= 0) return 1
  const step = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map((times) => times * step).find((limit) => limit >= value)
}

const graph = ({ title, series }) => {
  const card = element('section')
  card.append(element('h2', title))
  const until = Date.now(), since = until - WINDOW_MS
  const recent = series.map((one, index) => ({ ...one, color: COLORS[index % COLORS.length], points: one.points.filter(([at]) => at >= since) }))
  const svg = drawn('svg', { viewBox: '0 0 ' + WIDTH + ' ' + HEIGHT, role: 'img', 'aria-label': title })
  const x = (at) => LEFT + (at - since) / WINDOW_MS * (WIDTH - LEFT - RIGHT)
  const bottom = HEIGHT - BOTTOM
  for (const share of [0, .5, 1]) {
    const y = TOP + (bottom - TOP) * (1 - share)
    svg.append(drawn('line', { x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y }))
  }
  for (const share of [0, .5, 1])
    svg.append(drawn('text', { x: LEFT + (WIDTH - LEFT - RIGHT) * share, y: HEIGHT - 5, 'text-anchor': 'middle' }, clock(since + WINDOW_MS * share)))
  for (const axis of ['left', 'right']) {
    const own = recent.filter((one) => one.axis === axis && one.points.length > 0)
    if (own.length === 0) continue
    const top = roundUp(Math.max(...own.flatMap(({ points }) => points.map(([, value]) => value))))
    const y = (value) => bottom - value / top * (bottom - TOP)
    for (const share of [0, .5, 1])
      svg.append(drawn('text', { x: axis === 'left' ? LEFT - 6 : WIDTH - RIGHT + 6, y: y(top * share) + 4, 'text-anchor': axis === 'left' ? 'end' : 'start' }, short(top * share)))
    for (const { color, points } of own) {
      if (points.length === 1) svg.append(drawn('circle', { cx: x(points[0][0]), cy: y(points[0][1]), r: 2.5, fill: color }))
      svg.append(drawn('polyline', { stroke: color, 'stroke-dasharray': axis === 'right' ? '4 2' : 'none', points: points.map(([at, value]) => x(at).toFixed(1) + ',' + y(value).toFixed(1)).join(' ') }))
    }
  }
  const isEmpty = recent.every(({ points }) => points.length === 0)
  const isElsewhere = recent.every((one) => one.isElsewhere)
  if (isEmpty) svg.append(drawn('text', { x: WIDTH / 2, y: HEIGHT / 2 - 6, 'text-anchor': 'middle' }, isElsewhere ? 'measured by AWS, not on this machine' : 'nothing in the last 15 minutes'))
  card.append(svg)
  const legend = element('ul')
  if (!isElsewhere) for (const { label, color, points, axis, isElsewhere: other } of recent) {
    const item = element('li', '', other ? 'elsewhere' : '')
    const mark = element('i')
    mark.style.background = color
    item.append(mark, label + (axis === 'right' ? ' (right) ' : ' '), element('b', points.length > 0 ? short(points.at(-1)[1]) : '–'))
    legend.append(item)
  }
  card.append(legend)
  return card
}

let chosen = location.hash.slice(1)
const nameOf = (dashboard) => dashboard.name.split('-').at(-1)
const show = (dashboards) => {
  const current = dashboards.find((dashboard) => nameOf(dashboard) === chosen) ?? dashboards.find((dashboard) => nameOf(dashboard) === 'overview') ?? dashboards[0]
  byId('tabs').replaceChildren(...dashboards.map((dashboard) => {
    const tab = element('button', nameOf(dashboard))
    tab.setAttribute('aria-pressed', dashboard === current)
    tab.addEventListener('click', () => { location.hash = chosen = nameOf(dashboard); show(dashboards) })
    return tab
  }))
  const heading = current?.widgets.find(({ type }) => type === 'text')?.markdown ?? ''
  byId('question').textContent = (heading.split('\\n')[1] ?? '').replace(/\\[.*$/, '').trim()
  byId('graphs').replaceChildren(...(current?.widgets ?? []).filter(({ type }) => type === 'graph').map(graph))
}
const refresh = async () => {
  try {
    const { data } = await (await fetch('/_local/dashboards.json')).json()
    show(data)
    byId('error').textContent = ''
  } catch (error) {
    byId('error').textContent = 'not running: npm start'
  }
}
const loop = () => refresh().then(() => setTimeout(loop, 5000))
loop()
</script>
</html>
`
