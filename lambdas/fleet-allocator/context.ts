import type { SQSClient } from '../../shared/aws/sqs.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Tables } from '../../shared/store/tables.ts'

/** What the operations of this lambda may touch. */
export interface AllocatorContext {
  readonly tables: Tables
  readonly sqs: SQSClient
  readonly log: Log
  readonly hintsQueueUrl: string
  /** sessions that a worker of this cell takes */
  readonly workerCapacity: number
  /** version of this deployment: preferred among equals */
  readonly version: string | null
  readonly now: () => number
  readonly random: () => number
}
