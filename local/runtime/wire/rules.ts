import { busNameOf } from '../../cloud/event-bridge.ts'
import type { CloudContext } from '../cloud-context.ts'
import type { ResolvedResource } from '../template/resolver.ts'
import { startSchedule } from './schedules.ts'
import { targetOf, valueAtPath } from './targets.ts'

/** Event rules (pattern) and scheduled rules (expression). Targets are retried, then their DLQ gets the event. */
export const wireRule = (context: CloudContext, { stack, logicalId, identity, properties }: ResolvedResource): void => {
  if (properties.State === 'DISABLED') return
  const targets: any[] = properties.Targets ?? []
  for (const target of targets)
    if (target.InputTransformer) throw new Error(`${stack}/${logicalId}: InputTransformer is not supported locally`)
  if (properties.ScheduleExpression)
    for (const target of targets)
      startSchedule(context, properties.ScheduleExpression, target.Arn, target.Input ? JSON.parse(target.Input) : {})
  if (!properties.EventPattern) return
  context.eventBridge.addRule({
    name: identity.ref,
    busName: busNameOf(properties.EventBusName),
    pattern: properties.EventPattern,
    targets: targets.map((target) => {
      const deliver = targetOf(context, target.Arn)
      const groupPath: string | undefined = target.SqsParameters?.MessageGroupId
      const inputOf = (event: unknown) => {
        if (target.Input) return JSON.parse(target.Input)
        return target.InputPath ? valueAtPath(event, target.InputPath) : event
      }
      const deadLetterArn: string | undefined = target.DeadLetterConfig?.Arn
      return {
        id: `${logicalId}/${target.Id}`,
        deliver: (event) =>
          deliver(inputOf(event), {
            messageGroupId: groupPath?.startsWith('$') ? String(valueAtPath(event, groupPath)) : groupPath,
          }),
        ...(deadLetterArn ? { deadLetter: (event) => targetOf(context, deadLetterArn)(event) } : {}),
      }
    }),
  })
}
