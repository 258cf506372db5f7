import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { type CloudContext, functionOf } from '../cloud-context.ts'
import { ACCOUNT } from '../template/identity.ts'

export interface TargetOptions {
  /** group of a fair or FIFO queue */
  readonly messageGroupId?: string
}

/** Delivers a payload to whatever an ARN names: queue, function or state machine. Used by rules and schedules. */
export const targetOf = (
  context: CloudContext,
  arn: string,
): ((payload: unknown, options?: TargetOptions) => Promise<void>) => {
  const [, , service, , , resource = '', name = ''] = arn.split(':')
  if (service === 'sqs') {
    const queueUrl = `${context.baseEnvironment.AWS_ENDPOINT_URL_SQS}/${ACCOUNT}/${resource}`
    return async (payload, options) => {
      await context.clients.sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: JSON.stringify(payload),
          MessageGroupId: options?.messageGroupId,
        }),
      )
    }
  }
  if (service === 'lambda') {
    const lambda = functionOf(context, arn)
    return async (payload) => void (await lambda.invoke(payload))
  }
  if (service === 'states' && resource === 'stateMachine')
    return async (payload) => void context.stepFunctions.start(arn, payload)
  throw new Error(`a target ${service}:${resource}${name ? `:${name}` : ''} is not wired locally`)
}

/** "$.detail.tenantId" inside an event. */
export const valueAtPath = (event: any, path: string): unknown =>
  path
    .replace(/^\$\.?/, '')
    .split('.')
    .filter(Boolean)
    .reduce((value, field) => value?.[field], event)
