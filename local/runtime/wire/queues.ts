import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import type { CloudContext } from '../cloud-context.ts'
import type { ResolvedResource } from '../template/resolver.ts'

const ATTRIBUTES = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
  'MaximumMessageSize',
  'FifoQueue',
  'ContentBasedDeduplication',
]

export const wireQueue = async (context: CloudContext, { identity, properties }: ResolvedResource): Promise<void> => {
  const attributes = ATTRIBUTES.filter((name) => properties[name] !== undefined).map((name) => [
    name,
    String(properties[name]),
  ])
  if (properties.RedrivePolicy) attributes.push(['RedrivePolicy', JSON.stringify(properties.RedrivePolicy)])
  await context.clients.sqs.send(
    new CreateQueueCommand({ QueueName: identity.attributes.QueueName!, Attributes: Object.fromEntries(attributes) }),
  )
}

/** Dead-letter queues come before the queues that point at them. */
export const queuesInOrder = (resources: readonly ResolvedResource[]): ResolvedResource[] =>
  [...resources].sort(
    (a, b) => Number(Boolean(a.properties.RedrivePolicy)) - Number(Boolean(b.properties.RedrivePolicy)),
  )
