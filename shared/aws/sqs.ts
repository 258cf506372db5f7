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

export const makeSQSClient = (): SQSClient => new SQSClient(clientOptions())
