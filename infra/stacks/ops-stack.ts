import { ArnFormat } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Construct } from 'constructs'
import { alarmList, type OpsStackDependencies } from '../constructs/alarm-list.ts'
import { addBudget } from '../constructs/budget.ts'
import { addCanary } from '../constructs/canary.ts'
import { type Cell, CellStack } from '../constructs/cell.ts'
import { addDashboards } from '../constructs/dashboards.ts'
import { addNotices } from '../constructs/notices.ts'
import { addRunbookAlarm } from '../constructs/runbook-alarm.ts'

/** What a person looks at: six dashboards, one topic, alarms that link to what to do. */
export class OpsStack extends CellStack {
  constructor(scope: Construct, cell: Cell, stacks: OpsStackDependencies) {
    super(scope, cell, 'ops')
    const topic = this.#makeAlarmTopic()
    for (const email of cell.config.alarmEmails) topic.addSubscription(new EmailSubscription(email))
    if (cell.config.noticeEmails.length > 0) addNotices(this, stacks.events, cell.config.noticeEmails)
    if (cell.config.monthlyBudgetUsd !== null) addBudget(this, cell.config.monthlyBudgetUsd, cell.config.alarmEmails)
    if (cell.config.canary) addCanary(this, stacks)
    for (const alarm of alarmList(cell, stacks)) addRunbookAlarm(this, topic, alarm)
    addDashboards(this, stacks)
  }

  /** A topic with a policy of its own (TLS only) loses the default one, by which CloudWatch of this account may publish. */
  #makeAlarmTopic(): Topic {
    const { prefix } = this.cell
    const topic = new Topic(this, 'Alarms', { topicName: `${prefix}-alarms`, enforceSSL: true })
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisCell',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: {
          ArnLike: {
            'aws:SourceArn': this.formatArn({
              service: 'cloudwatch',
              resource: 'alarm',
              resourceName: `${prefix}-*`,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    )
    return topic
  }
}
