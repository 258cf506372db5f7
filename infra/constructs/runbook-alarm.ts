import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { CellStack } from './cell.ts'

export interface RunbookAlarm {
  /** name of the alarm and heading in docs/runbooks/alarms.md, in kebab case */
  readonly slug: string
  /** one sentence: what is wrong when it rings */
  readonly meaning: string
  readonly metric: IMetric
  /** rings above this value */
  readonly above?: number
  /** rings below this value */
  readonly below?: number
  readonly periods?: number
  /** no data is bad data: something has to report all the time */
  readonly silenceRings?: boolean
}

export const RUNBOOK = 'runbooks/alarms.md'

/** Quiet data is good data: nothing of ours reports zero all day long. */
export const addRunbookAlarm = (stack: CellStack, topic: ITopic, alarm: RunbookAlarm): Alarm => {
  const { cell } = stack
  const made = new Alarm(stack, alarm.slug, {
    alarmName: `${cell.prefix}-${alarm.slug}`,
    alarmDescription: `${alarm.meaning} Runbook: ${cell.config.runbookBaseUrl}${RUNBOOK}#${alarm.slug}`,
    metric: alarm.metric,
    threshold: alarm.above ?? alarm.below ?? 0,
    comparisonOperator:
      alarm.below === undefined ? ComparisonOperator.GREATER_THAN_THRESHOLD : ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: alarm.periods ?? 1,
    treatMissingData: alarm.silenceRings ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  })
  made.addAlarmAction(new SnsAction(topic))
  return made
}
