import { setTimeout as sleep } from 'node:timers/promises'
import { startTestFleet } from '../../session-task/testing/test-fleet.ts'
import type { Bench, Figure } from '../report.ts'
import { rounded } from '../support/rounds.ts'
import { startChild } from '../support/start-child.ts'
import { linkAll, rssMbOf, startWorkerProcess } from '../support/worker-process.ts'

const STEPS = (process.env.STEPS ?? '1,50,200').split(',').map(Number)
const SETTLE_MS = 10_000

/** RSS of the real worker process with idle connected sessions, and of bare Baileys with as many sockets. */
export const run: Bench = async () => {
  const fleet = await startTestFleet()
  const { socketUrl, controlUrl, trustRootHex } = fleet.simulator
  const bare = await startChild('bare', { socketUrl, controlUrl, trustRootHex, latencyMs: 0, store: 'memory' })
  const worker = await startWorkerProcess(fleet, { capacity: Math.max(...STEPS) })
  try {
    const figures: Figure[] = []
    const points: { sessions: number; bare: number; ours: number }[] = []
    let linked = 0
    for (const sessions of STEPS) {
      const phones = (prefix: string) =>
        Array.from({ length: sessions - linked }, (_, index) => `${prefix}${900_000_000 + linked + index}`)
      await bare.ask({ do: 'link', phones: phones('5531') })
      await linkAll(fleet, worker, phones('5511'))
      linked = sessions
      // What linking left behind goes by itself when nothing happens.
      await sleep(SETTLE_MS)
      const point = { sessions, bare: rssMbOf(bare.pid), ours: rssMbOf(worker.pid) }
      points.push(point)
      figures.push(
        { name: `${sessions} sessions: bare sockets`, value: rounded(point.bare, 0), unit: 'MB' },
        { name: `${sessions} sessions: worker`, value: rounded(point.ours, 0), unit: 'MB' },
        {
          name: `${sessions} sessions: worker ÷ bare`,
          value: rounded(point.ours / point.bare),
          unit: '×',
          note: 'aim ≤ 1.5',
        },
      )
    }
    const [first, last] = [points[0], points.at(-1)]
    if (first && last && last.sessions > first.sessions) {
      const per = (of: 'bare' | 'ours') => rounded((last[of] - first[of]) / (last.sessions - first.sessions))
      figures.push(
        { name: 'each further session: bare', value: per('bare'), unit: 'MB' },
        { name: 'each further session: worker', value: per('ours'), unit: 'MB' },
      )
    }
    return figures
  } finally {
    await worker.kill()
    await bare.stop()
    await fleet.stop()
  }
}
