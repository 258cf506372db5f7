import type { Needs, Quotas } from './quotas.ts'
import type { RegionFact } from './region-services.ts'

/** What the doctor saw. Missing parts are null: then the check says that it was not made. */
export interface Facts {
  readonly now: number
  readonly health: { readonly version: string } | Failure
  readonly workers: readonly WorkerFact[] | Failure
  readonly sessions: readonly SessionFact[] | Failure
  readonly rollouts: readonly RolloutFact[]
  readonly queues: readonly QueueFact[] | Failure | null
  readonly adminKeys: number | Failure | null
  readonly prefix: string | null
  readonly quotas: Quotas | Failure | null
  /** what the cell's config wants of the account; null: the prefix names no config of this repository */
  readonly needs: Needs | null
  /** version of the CDK bootstrap in the account and region; null: not looked */
  readonly bootstrap: number | 'missing' | Failure | null
  /** services of the cell in the region; null: not looked */
  readonly region: RegionFact | Failure | null
}

/** why a part could not be read */
export interface Failure {
  readonly error: string
}

export interface WorkerFact {
  readonly id: string
  readonly mode: string
  readonly status: string
  readonly sessions: number
  readonly capacity: number
  readonly version: string
  readonly loopLagMs: number | null
  readonly heartbeatAt: string
}
export interface SessionFact {
  readonly id: string
  readonly desired: string
  readonly workerId: string | null
}
export interface RolloutFact {
  readonly mode: string
  readonly status: string
  readonly because: string
  readonly startedAt: string
}
export interface QueueFact {
  readonly name: string
  readonly waiting: number
}
