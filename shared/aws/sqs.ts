import { SQSClient } from '@aws-sdk/client-sqs'
import { clientOptions } from './client-options.ts'

export {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'

/**
 * Calls go to the configured endpoint, not to the host inside a queue's URL: an emulator names hosts in its URLs that do
 * not resolve everywhere, and on AWS both are the same.
 */
export const makeSQSClient = (): SQSClient => new SQSClient({ ...clientOptions(), useQueueUrlAsEndpoint: false })
