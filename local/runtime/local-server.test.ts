import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LocalLog } from './local-log.ts'
import { startLocalServer } from './local-server.ts'

const log = new LocalLog()
const versions: string[] = []
let server: Awaited<ReturnType<typeof startLocalServer>>
beforeAll(async () => {
  server = await startLocalServer({
    about: { apiUrl: 'http://127.0.0.1:1', dataDir: '/data', startedAt: 0 },
    log,
    processes: () => [{ name: 'npm start', kind: 'main', pid: process.pid }],
    executions: () => [],
    dashboards: () => [],
    deployVersion: (version) => versions.push(version),
  })
})
afterAll(() => server.stop())

const get = (path: string) => fetch(`${server.url}/_local/${path}`)

it('the page loads nothing from elsewhere, and the browser is told not to', async () => {
  const response = await get('')
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await response.text()).not.toMatch(/(src|href)="(https?:)?\/\/|@import|url\(/)
})

it('processes carry their memory, metrics come from EMF lines', async () => {
  const { data } = (await (await get('processes')).json()) as any
  expect(data).toEqual([{ name: 'npm start', kind: 'main', pid: process.pid, rssBytes: expect.any(Number) }])
  const metric = { Metrics: [{ Name: 'Sent', Unit: 'Count' }], Dimensions: [['Mode']], Namespace: 'Fleetline' }
  for (const sent of [2, 4])
    log.line(
      'lambda x',
      JSON.stringify({ _aws: { Timestamp: 1, CloudWatchMetrics: [metric] }, Mode: 'test', Sent: sent }),
    )
  const metrics = (await (await get('metrics')).json()) as any
  expect(metrics.data['Sent{Mode=test}']).toEqual({ unit: 'Count', count: 2, sum: 6, min: 2, max: 4, last: 4 })
})

it('the log is text, its last lines on request, and can be followed', async () => {
  for (const line of ['one', 'two', 'three']) log.line('test', line)
  expect((await (await get('log?lines=2')).text()).split('\n').map((line) => line.replace(/^.*\] /, ''))).toEqual([
    'two',
    'three',
    '',
  ])
  const following = (await get('log?lines=1&follow')).body!.pipeThrough(new TextDecoderStream()).getReader()
  expect((await following.read()).value).toContain('three')
  log.line('test', 'four')
  expect((await following.read()).value).toContain('[test] four')
  await following.cancel()
})

it('wrong requests are told what is right', async () => {
  for (const [path, status] of [
    ['log?lines=many', 400],
    ['log?lines=-1', 400],
    ['nothing', 404],
  ] as const)
    expect((await get(path)).status).toBe(status)
  expect((await fetch(`${server.url}/_local/log`, { method: 'POST' })).status).toBe(405)
})

it('a page of another site that resolves its name to this machine reads nothing', async () => {
  const answer = await new Promise<{ status?: number; body: string }>((resolve, reject) => {
    const asked = request(`${server.url}/_local/log`, { headers: { host: 'evil.example' } }, async (response) =>
      resolve({ status: response.statusCode, body: await text(response) }),
    )
    asked.on('error', reject).end()
  })
  expect(answer.status).toBe(421)
})

it('a version is deployed by JSON alone: no form of another site gets through', async () => {
  const post = (body: string, type: string) =>
    fetch(`${server.url}/_local/version`, { method: 'POST', body, headers: { 'content-type': type } })
  expect((await post('{"version":"2"}', 'text/plain')).status).toBe(415)
  for (const body of ['{"version":"a b"}', '{}', 'no JSON'])
    expect((await post(body, 'application/json')).status).toBe(400)
  expect(versions).toEqual([])
  expect((await post('{"version":"2.0-rc1"}', 'application/json')).status).toBe(200)
  expect(versions).toEqual(['2.0-rc1'])
})
