import { readFileSync } from 'node:fs'
import { makeApi } from '../../e2e/support/api.ts'
import { removeDataDir, startPlatform, temporaryDataDir } from '../../e2e/support/platform.ts'
import { linkSession } from '../../e2e/support/session.ts'
import type { Bench } from '../report.ts'

/** Proportional set size of a process in MB: shared pages counted by share. Linux only. */
const pssMb = (pid: number): number => {
  const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
  return Number(match?.[1] ?? 0) / 1024
}

/** `npm start` to ready (first on an empty data directory, then again on the same one), and memory with one worker. */
export const run: Bench = async () => {
  const dataDir = temporaryDataDir()
  const first = await startPlatform({ dataDir })
  await first.stop()
  const again = await startPlatform({ dataDir })
  try {
    const before = [again.pid, ...(await again.processes()).map((item) => item.pid)]
    const idle = [...new Set(before)].map(pssMb).reduce((sum, value) => sum + value, 0)
    await linkSession(makeApi(again.ready.apiUrl, again.ready.testKey), '+5511900000042')
    const processes = await again.processes()
    const pids = [...new Set([again.pid, ...processes.map((item) => item.pid)])]
    const total = pids.map(pssMb).reduce((sum, value) => sum + value, 0)
    const figures = [
      { name: 'ready, first start', value: first.readyMs, unit: 'ms', note: 'empty data directory' },
      { name: 'ready, warm start', value: again.readyMs, unit: 'ms', note: 'aim ≤ 10000' },
      { name: 'memory without a worker', value: Math.round(idle), unit: 'MB PSS' },
      { name: 'memory with one worker', value: Math.round(total), unit: 'MB PSS', note: 'aim ≤ 900' },
    ]
    for (const item of processes)
      figures.push({
        name: `  ${item.kind} ${item.name}`,
        value: Math.round(pssMb(item.pid)),
        unit: 'MB PSS',
        note: '',
      })
    return figures
  } finally {
    await again.stop()
    removeDataDir(dataDir)
  }
}
