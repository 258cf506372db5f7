import { SQSClient } from '@aws-sdk/client-sqs'
import { clientOptions } from './client-options.ts'

export {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'

/**
 * The endpoint is AWS_ENDPOINT_URL_SQS or the region's, never the host of a queue's url: an emulator puts a host there
 * that need not resolve.
 */
export const makeSQSClient = (): SQSClient => new SQSClient({ ...clientOptions(), useQueueUrlAsEndpoint: false })
