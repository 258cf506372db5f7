import { totalmem } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const NANOSECONDS_PER_MS = 1e6
const RESOLUTION_MS = 20

export interface ProcessLoad {
  readonly rssBytes: number
  /** what the task may use before the kernel ends it: the cgroup's limit, or the machine's memory */
  readonly memoryBytes: number
  /** 99th percentile since the last call */
  readonly loopLagMs: number
}

/** How heavy this process is; placement and the planner read it on the worker's row. */
export const makeProcessLoad = (): { read(): ProcessLoad; stop(): void } => {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  const read = (): ProcessLoad => {
    // The histogram counts its own resolution as delay.
    const loopLagMs = Math.max(0, Math.round(delay.percentile(99) / NANOSECONDS_PER_MS) - RESOLUTION_MS)
    delay.reset()
    const limit = process.constrainedMemory()
    return {
      rssBytes: process.memoryUsage.rss(),
      // Without a limit the kernel names a number beyond any machine.
      memoryBytes: limit > 0 && limit < totalmem() ? limit : totalmem(),
      loopLagMs,
    }
  }
  // Its timer and its histogram would outlive a worker that was abandoned.
  return { read, stop: () => void delay.disable() }
}
