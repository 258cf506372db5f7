import type { Mode } from './tenant-scope.ts'

/** What decisions about the fleet see of a worker's row. */
export interface WorkerView {
  readonly id: string
  readonly mode: Mode
  readonly incarnation: number
  readonly status: 'STARTING' | 'READY' | 'DRAINING' | 'DRAINED' | 'DEAD'
  /** sessions assigned to it */
  readonly used: number
  /** sessions it may hold at most */
  readonly capacity: number
  readonly version: string
  readonly queueUrl: string | null
  readonly heartbeat: { readonly counter: number }
  readonly createdAt: number
  /** null or absent until its first beat */
  readonly rssBytes?: number | null
  /** memory that the task may use before the kernel ends it */
  readonly memoryBytes?: number | null
  /** 99th percentile of the event loop's delay between two beats, in milliseconds */
  readonly loopLagMs?: number | null
}
