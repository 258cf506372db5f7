import { randomUUID } from 'node:crypto'
import { makeApi } from '../../e2e/support/api.ts'
import { removeDataDir, startPlatform, temporaryDataDir } from '../../e2e/support/platform.ts'
import { linkSession, waitForStatus } from '../../e2e/support/session.ts'
import { type Bench, type Figure, quantile } from '../report.ts'
import { startAcceptWorld } from '../support/accept-world.ts'
import { median, rounded } from '../support/rounds.ts'

const REQUESTS = Number(process.env.REQUESTS ?? 300)
/** over HTTP through the local stack; 0 leaves that part out */
const STACK_REQUESTS = Number(process.env.STACK_REQUESTS ?? REQUESTS)
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const AT_ONCE = 16
const WARM_UP = 30

interface Sample {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly cpuMs: number
}

/** Sends `count` requests, `atOnce` at a time. CPU is that of this process, per request. */
const measure = async (count: number, atOnce: number, send: () => Promise<unknown>): Promise<Sample> => {
  const latencies: number[] = []
  let left = count
  const before = process.cpuUsage()
  const started = performance.now()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) {
        const at = performance.now()
        await send()
        latencies.push(performance.now() - at)
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(before)
  return {
    perSecond: count / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    cpuMs: (user + system) / 1000 / count,
  }
}

/** The handler in this process against the emulators, in turns with the bare calls. */
const inProcess = async (): Promise<Figure[]> => {
  const { post, bare, stop } = await startAcceptWorld()
  try {
    const figures: Figure[] = []
    for (const atOnce of [1, AT_ONCE]) {
      const samples = { bare: [] as Sample[], handler: [] as Sample[] }
      await measure(WARM_UP, atOnce, bare)
      await measure(WARM_UP, atOnce, post)
      for (let round = 0; round < ROUNDS; round++) {
        samples.bare.push(await measure(REQUESTS, atOnce, bare))
        samples.handler.push(await measure(REQUESTS, atOnce, post))
      }
      const of = (side: 'bare' | 'handler', field: keyof Sample) => median(samples[side].map((one) => one[field]))
      const figure = (name: string, field: keyof Sample, unit: string, aim?: string): Figure => ({
        name: `handler, ${atOnce} at once: ${name}`,
        value: rounded(of('handler', field)),
        unit,
        note: `bare AWS calls ${rounded(of('bare', field))} ${unit}, ratio ${rounded(of('handler', field) / of('bare', field))}${aim ?? ''}`,
      })
      figures.push(
        figure('p50', 'p50', 'ms', ' (aim ≤ 1.3)'),
        figure('p99', 'p99', 'ms'),
        figure('rate', 'perSecond', '1/s'),
        figure('CPU', 'cpuMs', 'ms', ', this process with its SQS emulator'),
      )
    }
    return figures
  } finally {
    await stop()
  }
}

/** The same request over HTTP through the local stack: gateway, lambda threads, emulators. The session is stopped: messages wait. */
const throughStack = async (): Promise<Figure[]> => {
  const dataDir = temporaryDataDir()
  const platform = await startPlatform({ dataDir })
  try {
    const admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
    const tenant = await admin.post('/v1/tenants', { name: 'bench', plan: 'enterprise' })
    const { key } = await admin.post(`/v1/tenants/${tenant.id}/keys`, { name: 'bench', mode: 'test', scopes: ['*'] })
    const api = makeApi(platform.ready.apiUrl, key)
    const sessionId = await linkSession(api, '+5511900000078')
    await api.post(`/v1/sessions/${sessionId}/stop`)
    await waitForStatus(api, sessionId, 'stopped')
    const post = () =>
      api.post(
        '/v1/messages',
        { sessionId, to: '+5511988887777', type: 'text', text: { body: randomUUID() } },
        { 'idempotency-key': randomUUID() },
      )
    await measure(WARM_UP, AT_ONCE, post)
    const figures: Figure[] = []
    for (const atOnce of [1, AT_ONCE]) {
      const { p50, p99, perSecond } = await measure(STACK_REQUESTS, atOnce, post)
      const name = `local stack, ${atOnce} at once`
      const note = `${STACK_REQUESTS} requests over HTTP`
      figures.push(
        { name: `${name}: p50`, value: p50, unit: 'ms', note },
        { name: `${name}: p99`, value: p99, unit: 'ms', note },
        { name: `${name}: rate`, value: rounded(perSecond, 0), unit: '1/s', note },
      )
    }
    return figures
  } finally {
    await platform.stop()
    removeDataDir(dataDir)
  }
}

/** `POST /v1/messages` until the 202: the handler against the bare AWS calls it makes, and through the local stack. */
export const run: Bench = async () => [...(await inProcess()), ...(STACK_REQUESTS > 0 ? await throughStack() : [])]
