import type { SQSClient } from '../../shared/aws/sqs.ts'
import type { SFNClient } from '../../shared/aws/step-functions.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Tables } from '../../shared/store/tables.ts'

/** What the operations of this lambda may touch. Clocks and chance are handed in, so that tests decide them. */
export interface ReconcilerContext {
  readonly tables: Tables
  readonly sqs: SQSClient
  readonly stepFunctions: SFNClient
  readonly log: Log
  readonly hintsQueueUrl: string
  readonly allocateStateMachineArn: string
  /** wall clock, epoch milliseconds */
  readonly now: () => number
  /** monotonic milliseconds: the reaper's only clock */
  readonly monotonic: () => number
  readonly sleep: (milliseconds: number) => Promise<void>
  readonly random: () => number
}
