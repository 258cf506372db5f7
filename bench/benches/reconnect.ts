import { startTestFleet, until } from '../../session-task/testing/test-fleet.ts'
import type { Bench } from '../report.ts'
import { median, rounded } from '../support/rounds.ts'
import { startChild } from '../support/start-child.ts'
import { cpuMsOf, linkAll, startWorkerProcess } from '../support/worker-process.ts'

const SESSIONS = Number(process.env.SESSIONS ?? 100)
const ROUNDS = Number(process.env.ROUNDS ?? 3)

/**
 * SIGKILL of the worker process that holds all sessions; from giving them to another one until every row says
 * connected. Baseline: that many sockets of bare Baileys log in at once, states in memory. The worker paces its connects
 * (5 per second), so it is also measured what a connect costs in CPU, which no pacing changes.
 */
export const run: Bench = async () => {
  const fleet = await startTestFleet()
  const { socketUrl, controlUrl, trustRootHex } = fleet.simulator
  const bare = await startChild('bare', { socketUrl, controlUrl, trustRootHex, latencyMs: 0, store: 'memory' })
  const phones = (prefix: string) => Array.from({ length: SESSIONS }, (_, index) => `${prefix}${900_000_000 + index}`)
  let worker = await startWorkerProcess(fleet, { capacity: SESSIONS })
  try {
    await bare.ask({ do: 'link', phones: phones('5531') })
    const sessions = await linkAll(fleet, worker, phones('5511'))
    const bareMs: number[] = []
    const bareCpu: number[] = []
    const oursMs: number[] = []
    const oursCpu: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      await bare.ask({ do: 'close' })
      const relogin = await bare.ask({ do: 'connect', texts: 0 })
      bareMs.push(relogin.milliseconds)
      bareCpu.push(relogin.cpuMs)
      const next = await startWorkerProcess(fleet, { capacity: SESSIONS })
      const cpuBefore = cpuMsOf(next.pid)
      await worker.kill()
      await fleet.workers.fence(worker.id, 1)
      const started = performance.now()
      for (const sessionId of sessions) await fleet.assign(sessionId, next)
      const left = new Set(sessions)
      await until(
        'all connected',
        async () => {
          for (const sessionId of left) {
            const row = await fleet.sessions.get(sessionId)
            const lease = await fleet.leases.get(sessionId)
            if (row?.status !== 'connected' || row.stateEpoch < (lease?.epoch ?? 0)) return false
            left.delete(sessionId)
          }
          return true
        },
        180_000,
      )
      oursMs.push(performance.now() - started)
      oursCpu.push(cpuMsOf(next.pid) - cpuBefore)
      worker = next
    }
    return [
      { name: 'sessions', value: SESSIONS, unit: '' },
      { name: 'bare relogin, all at once', value: rounded(median(bareMs), 0), unit: 'ms' },
      { name: 'bare relogin, CPU', value: rounded(median(bareCpu) / SESSIONS, 1), unit: 'ms/session' },
      {
        name: 'assigned to another worker → all connected',
        value: rounded(median(oursMs), 0),
        unit: 'ms',
        note: `${ROUNDS} rounds; paced: 5 connects per second`,
      },
      { name: 'worker, CPU', value: rounded(median(oursCpu) / SESSIONS, 1), unit: 'ms/session' },
      { name: 'wall ÷ bare', value: rounded(median(oursMs) / median(bareMs)), unit: '×', note: 'aim ≤ 2 (see docs)' },
      { name: 'CPU ÷ bare', value: rounded(median(oursCpu) / median(bareCpu)), unit: '×' },
    ]
  } finally {
    await worker.kill()
    await bare.stop()
    await fleet.stop()
  }
}
