import { Duration } from 'aws-cdk-lib'
import { Dashboard, GraphWidget, type IMetric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Construct } from 'constructs'
import { alarmList, type OpsStackDependencies } from '../constructs/alarm-list.ts'
import { addBudget } from '../constructs/budget.ts'
import { type Cell, CellStack } from '../constructs/cell.ts'
import { ownMetric } from '../constructs/cell-metrics.ts'
import { addRunbookAlarm } from '../constructs/runbook-alarm.ts'

/** What a person looks at: one overview, one topic, alarms that link to what to do. */
export class OpsStack extends CellStack {
  constructor(scope: Construct, cell: Cell, stacks: OpsStackDependencies) {
    super(scope, cell, 'ops')
    const topic = new Topic(this, 'Alarms', { topicName: `${cell.prefix}-alarms`, enforceSSL: true })
    for (const email of cell.config.alarmEmails) topic.addSubscription(new EmailSubscription(email))
    if (cell.config.monthlyBudgetUsd !== null) addBudget(this, cell.config.monthlyBudgetUsd, cell.config.alarmEmails)
    for (const alarm of alarmList(cell, stacks)) addRunbookAlarm(this, topic, alarm)
    this.#addOverview(stacks)
  }

  #addOverview({ api, events, workers, allocator }: OpsStackDependencies): void {
    const { cell } = this
    const minute = Duration.minutes(1)
    const graph = (title: string, left: IMetric[], right: IMetric[] = []) =>
      new GraphWidget({ title, left, right, width: 8, height: 6 })
    const own = (name: string, statistic = 'Sum') => ownMetric(cell, name, statistic, minute)
    const dashboard = new Dashboard(this, 'Overview', { dashboardName: `${cell.prefix}-overview` })
    dashboard.addWidgets(
      new TextWidget({
        markdown: `# ${cell.prefix}\n[Runbooks](${cell.config.runbookBaseUrl}runbooks/alarms.md)`,
        width: 24,
        height: 2,
      }),
    )
    dashboard.addWidgets(
      graph(
        'API',
        [api.api.metricCount({ period: minute })],
        [api.api.metricLatency({ period: minute, statistic: 'p99' })],
      ),
      graph('API errors', [
        api.api.metricClientError({ period: minute }),
        api.api.metricServerError({ period: minute }),
      ]),
      graph(
        'Messages',
        [own('message_send_latency_ms', 'p50'), own('message_send_latency_ms', 'p99')],
        [own('pending_queue_size', 'Maximum')],
      ),
    )
    dashboard.addWidgets(
      graph('Sessions', [own('session_reconnect_count'), own('session_quarantine_count')]),
      graph(
        'Workers',
        [own('worker_fence_count'), own('allocation_start_count')],
        [own('worker_memory_bytes', 'Maximum')],
      ),
      graph('Allocation', [
        allocator.allocate.machine.metricStarted({ period: minute }),
        allocator.lifecycle.machine.metricStarted({ period: minute }),
        allocator.lifecycle.machine.metricFailed({ period: minute }),
      ]),
    )
    dashboard.addWidgets(
      graph('Webhooks', [own('webhook_failure_count')], [own('webhook_delivery_latency_ms', 'p99')]),
      graph('Backlogs in seconds', [
        workers.hints.queue.metricApproximateAgeOfOldestMessage({ period: minute }),
        events.fanOut.queue.metricApproximateAgeOfOldestMessage({ period: minute }),
        events.deliver.queue.metricApproximateAgeOfOldestMessage({ period: minute }),
      ]),
      graph('Dead letters', [
        workers.hints.deadLetters.metricApproximateNumberOfMessagesVisible({ period: minute }),
        events.fanOut.deadLetters.metricApproximateNumberOfMessagesVisible({ period: minute }),
        events.deliver.deadLetters.metricApproximateNumberOfMessagesVisible({ period: minute }),
      ]),
    )
  }
}
