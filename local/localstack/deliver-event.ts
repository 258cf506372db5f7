import { randomUUID } from 'node:crypto'
import { type EventBridgeClient, ListRulesCommand, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge'
import { GetQueueUrlCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { matchesPattern } from '../cloud/event-pattern.ts'

/**
 * An event of AWS itself on the default bus. PutEvents refuses sources that start with "aws.", on AWS and on emulators, so
 * the rules are read and their queues served from here. @returns how many queues got it. @throws when a rule that matches
 * has a target that is no queue
 */
export const deliverAwsEvent = async (
  clients: { readonly eventBridge: EventBridgeClient; readonly sqs: SQSClient },
  fields: { readonly source: string; readonly 'detail-type': string; readonly detail: Record<string, unknown> },
): Promise<number> => {
  const event = {
    version: '0',
    id: randomUUID(),
    account: '000000000000',
    time: new Date().toISOString(),
    region: 'us-east-1',
    resources: [],
    ...fields,
  }
  let delivered = 0
  const { Rules = [] } = await clients.eventBridge.send(new ListRulesCommand({}))
  for (const rule of Rules) {
    if (rule.State === 'DISABLED' || !rule.EventPattern || !matchesPattern(JSON.parse(rule.EventPattern), event))
      continue
    const { Targets = [] } = await clients.eventBridge.send(new ListTargetsByRuleCommand({ Rule: rule.Name }))
    for (const target of Targets) {
      const queueName = /^arn:aws:sqs:[^:]*:[^:]*:(.+)$/.exec(target.Arn ?? '')?.[1]
      if (!queueName) throw new Error(`the target ${target.Arn} of ${rule.Name} is no queue`)
      const { QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: queueName }))
      await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }))
      delivered++
    }
  }
  return delivered
}
