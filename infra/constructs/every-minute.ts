import { Duration } from 'aws-cdk-lib'
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { EventInvokeConfig, type IFunction } from 'aws-cdk-lib/aws-lambda'
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import type { Construct } from 'constructs'

/** Invokes with {"v":1,"kind":"tick"} and `more`. A tick that was missed is not made up for: the next one does the same work. */
export const everyMinute = (scope: Construct, id: string, target: IFunction, more: object = {}): Schedule => {
  // The scheduler hands the event to Lambda's own queue, which would try a failed tick twice more, beside the next ones.
  new EventInvokeConfig(scope, `${id}Once`, {
    function: target,
    retryAttempts: 0,
    maxEventAge: Duration.minutes(1),
  })
  return new Schedule(scope, id, {
    schedule: ScheduleExpression.rate(Duration.minutes(1)),
    target: new LambdaInvoke(target, {
      role: invokerOf(scope, `${id}Role`, target),
      input: ScheduleTargetInput.fromObject({ v: 1, kind: 'tick', ...more }),
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
    }),
  })
}

/** The target's own grant would cover every version and alias; this role may invoke the function and nothing else. */
const invokerOf = (scope: Construct, id: string, target: IFunction): IRole => {
  const role = new Role(scope, id, { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') })
  role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target.functionArn] }))
  return role.withoutPolicyUpdates()
}
