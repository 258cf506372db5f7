import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Preloaded into a worker: its event loop's delay since the last SIGUSR2, written to LOOP_LAG_FILE at the next one. */
const RESOLUTION_MS = 5
const NANOSECONDS_PER_MS = 1e6
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delay.enable()
process.on('SIGUSR2', () => {
  const ms = (nanoseconds) => Math.max(0, nanoseconds / NANOSECONDS_PER_MS - RESOLUTION_MS)
  const seen = { count: delay.count, p99Ms: ms(delay.percentile(99)), maxMs: ms(delay.max) }
  delay.reset()
  writeFileSync(process.env.LOOP_LAG_FILE, JSON.stringify(seen))
})
