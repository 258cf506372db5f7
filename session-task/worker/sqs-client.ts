import { clientOptions } from '../../shared/aws/client-options.ts'
import { SQSClient } from '../../shared/aws/sqs.ts'

/**
 * The endpoint alone decides where calls go, as with every other client: the SDK would otherwise follow the host of a
 * queue url, and an emulator's urls name hosts that not every machine resolves.
 */
export const makeWorkerSQSClient = (): SQSClient => new SQSClient({ ...clientOptions(), useQueueUrlAsEndpoint: false })
