import { Duration } from 'aws-cdk-lib'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import type { Construct } from 'constructs'

/** Invokes with {"v":1,"kind":"tick"}. A tick that was missed is not made up for: the next one does the same work. */
export const everyMinute = (scope: Construct, id: string, target: IFunction): Schedule =>
  new Schedule(scope, id, {
    schedule: ScheduleExpression.rate(Duration.minutes(1)),
    target: new LambdaInvoke(target, {
      input: ScheduleTargetInput.fromObject({ v: 1, kind: 'tick' }),
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
    }),
  })
