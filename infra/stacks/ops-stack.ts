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
    const topic = new Topic(this, 'Alarms', { topicName: `${cell.prefix}-alarms`, enforceSSL: true })
    for (const email of cell.config.alarmEmails) topic.addSubscription(new EmailSubscription(email))
    if (cell.config.noticeEmails.length > 0) addNotices(this, stacks.events, cell.config.noticeEmails)
    if (cell.config.monthlyBudgetUsd !== null) addBudget(this, cell.config.monthlyBudgetUsd, cell.config.alarmEmails)
    if (cell.config.canary) addCanary(this, stacks)
    for (const alarm of alarmList(cell, stacks)) addRunbookAlarm(this, topic, alarm)
    addDashboards(this, stacks)
  }
}
