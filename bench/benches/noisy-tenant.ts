import { makeApi } from '../../e2e/support/api.ts'
import { removeDataDir, startPlatform, temporaryDataDir } from '../../e2e/support/platform.ts'
import { type Bench, type Figure, quantile } from '../report.ts'
import { simulateSenders } from '../support/limiter-world.ts'
import { rounded } from '../support/rounds.ts'

const LIVE_SECONDS = Number(process.env.SECONDS ?? 8)
const NOISY_CONNECTIONS = 16
const QUIET_PER_SECOND = 10

/** Virtual time: ten environments of which each serves 125 requests per second, one tenant that sends 5,000. */
const inVirtualTime = async (): Promise<Figure[]> => {
  const quiet = { name: 'quiet', perSecond: 20 }
  const noisy = { name: 'noisy', perSecond: 5_000 }
  const limit = { perSecond: 200, burst: 600 }
  const world = { environments: 10, seconds: 20 }
  const alone = await simulateSenders([quiet], { ...world, limit })
  const limited = await simulateSenders([quiet, noisy], { ...world, limit })
  const unlimited = await simulateSenders([quiet, noisy], { ...world, limit: null })
  const of = (run: typeof limited, name: string) => run.senders.get(name)!
  const allowedRate = of(limited, 'noisy').allowed / world.seconds
  return [
    { name: 'virtual: quiet, refused', value: of(limited, 'quiet').refused, unit: 'requests', note: 'aim 0' },
    {
      name: 'virtual: quiet, wait p99',
      value: of(limited, 'quiet').waitP99Ms,
      unit: 'ms',
      note: `alone ${of(alone, 'quiet').waitP99Ms} ms; beside the noisy one without limits ${rounded(of(unlimited, 'quiet').waitP99Ms, 0)} ms`,
    },
    {
      name: 'virtual: noisy, allowed',
      value: rounded(allowedRate, 0),
      unit: '1/s',
      note: `of 5000 offered; ${limit.perSecond} per second and a burst of ${limit.burst} in ${world.seconds} s are ${limit.perSecond + limit.burst / world.seconds}`,
    },
    {
      name: 'virtual: shared bucket, writes',
      value: rounded(limited.sharedWrites / world.seconds, 0),
      unit: '1/s',
      note: `${rounded(limited.requests / limited.sharedWrites, 0)} requests per write`,
    },
  ]
}

/** A quiet tenant asks at a steady rate; its latencies and refusals. */
const askQuietly = async (api: ReturnType<typeof makeApi>, seconds: number) => {
  const latencies: number[] = []
  let refused = 0
  const pauseMs = 1000 / QUIET_PER_SECOND
  const asked: Promise<void>[] = []
  for (let n = 0; n < seconds * QUIET_PER_SECOND; n++) {
    asked.push(
      (async () => {
        const at = performance.now()
        if ((await api.raw('GET', '/v1/tenant')).status !== 200) refused++
        latencies.push(performance.now() - at)
      })(),
    )
    // The rate is what is measured with, not something that is waited for.
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  await Promise.all(asked)
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), refused }
}

/** The local stack: another tenant with a small plan sends as fast as it can. All share two cores: look at the ratio. */
const live = async (): Promise<Figure[]> => {
  const dataDir = temporaryDataDir()
  const platform = await startPlatform({ dataDir })
  try {
    const admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
    const newTenant = async (plan: string) => {
      const tenant = await admin.post('/v1/tenants', { name: plan, plan })
      const { key } = await admin.post(`/v1/tenants/${tenant.id}/keys`, { name: 'bench', mode: 'test', scopes: ['*'] })
      return makeApi(platform.ready.apiUrl, key)
    }
    const [quiet, noisy] = [await newTenant('standard'), await newTenant('trial')]
    await askQuietly(quiet, 1)
    const alone = await askQuietly(quiet, LIVE_SECONDS)
    const codes = new Map<number, number>()
    const until = performance.now() + LIVE_SECONDS * 1000
    const noise = Array.from({ length: NOISY_CONNECTIONS }, async () => {
      while (performance.now() < until) {
        const { status } = await noisy.raw('GET', '/v1/tenant')
        codes.set(status, (codes.get(status) ?? 0) + 1)
      }
    })
    const beside = await askQuietly(quiet, LIVE_SECONDS)
    await Promise.all(noise)
    const [allowed, limited] = [codes.get(200) ?? 0, codes.get(429) ?? 0]
    const others = [...codes].filter(([status]) => status !== 200 && status !== 429)
    return [
      { name: 'live: quiet, refused', value: beside.refused, unit: 'requests', note: 'aim 0' },
      {
        name: 'live: quiet, p50',
        value: beside.p50,
        unit: 'ms',
        note: `alone ${alone.p50} ms, ratio ${rounded(beside.p50 / alone.p50)}`,
      },
      {
        name: 'live: quiet, p99',
        value: beside.p99,
        unit: 'ms',
        note: `alone ${alone.p99} ms, ratio ${rounded(beside.p99 / alone.p99)}; all share this machine's cores`,
      },
      {
        name: 'live: noisy, allowed',
        value: rounded(allowed / LIVE_SECONDS, 1),
        unit: '1/s',
        note: `plan trial: 10 per second, burst 40; offered ${rounded((allowed + limited) / LIVE_SECONDS, 0)} per second`,
      },
      {
        name: 'live: noisy, other answers',
        value: others.reduce((sum, [, count]) => sum + count, 0),
        unit: 'requests',
        note: 'aim 0',
      },
    ]
  } finally {
    await platform.stop()
    removeDataDir(dataDir)
  }
}

/** A tenant that sends as fast as it can, beside one that does not. */
export const run: Bench = async () => [...(await inVirtualTime()), ...(await live())]
