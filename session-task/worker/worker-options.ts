import type { SQSClient } from '../../shared/aws/sqs.ts'
import type { VersionParts } from '../../shared/core/client-version.ts'
import type { Mode } from '../../shared/core/tenant-scope.ts'
import type { Log } from '../../shared/log/log.ts'
import type { WorkerServices } from '../session/session-context.ts'
import type { TaskCallback } from './task-callback.ts'

export interface WorkerOptions {
  readonly workerId: string
  readonly incarnation: number
  readonly mode: Mode
  readonly capacity: number
  readonly version: string
  readonly taskArn: string | null
  readonly queuePrefix: string
  readonly hintsQueueUrl: string
  readonly sqs: SQSClient
  readonly services: Omit<
    WorkerServices,
    'owner' | 'version' | 'connectTurn' | 'replayAlone' | 'clientVersion' | 'mayClaim'
  >
  /** WhatsApp Web version while no operator chose one; null: what Baileys brings */
  readonly whatsappVersion: VersionParts | null
  readonly taskCallback: TaskCallback
  /** touched at each beat, whatever DynamoDB answers: a worker that waits for it is alive. null: none */
  readonly heartbeatFile: string | null
  readonly log: Log
  /** default 10 s; tests are faster */
  readonly heartbeatMs?: number
  /** the row says that we are dead: everything was abandoned, the process has to end */
  readonly onRejected: () => void
  /** an operator set the row to DRAINING */
  readonly onDrainAsked: () => void
}
