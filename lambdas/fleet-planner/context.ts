import type { SQSClient } from '../../shared/aws/sqs.ts'
import type { SFNClient } from '../../shared/aws/step-functions.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Tables } from '../../shared/store/tables.ts'

/** What the operations of this lambda may touch. */
export interface PlannerContext {
  readonly tables: Tables
  readonly sqs: SQSClient
  readonly stepFunctions: SFNClient
  readonly log: Log
  readonly lifecycleStateMachineArn: string
  readonly rolloutStateMachineArn: string
  /** sessions that a worker of this cell takes */
  readonly workerCapacity: number
  /** workers of each mode that are kept when there is nothing to do, once the mode is used */
  readonly minimumWorkers: number
  /** keep room for a worker's worth of new sessions */
  readonly keepWarm: boolean
  readonly now: () => number
}
