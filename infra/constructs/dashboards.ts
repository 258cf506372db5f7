import { Duration } from 'aws-cdk-lib'
import { Dashboard, GraphWidget, type IMetric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch'
import type { OpsStackDependencies } from './alarm-list.ts'
import type { CellStack } from './cell.ts'
import { bothModes, ownMetric, tableMetric } from './cell-metrics.ts'
import { RUNBOOK } from './runbook-alarm.ts'

const MINUTE = Duration.minutes(1)
const WIDTH = 8

interface Graph {
  readonly title: string
  readonly left: readonly IMetric[]
  readonly right?: readonly IMetric[]
}

/** Six dashboards, each one question: is it well, who carries it, are phones connected, do events arrive, API, data. */
export const addDashboards = (stack: CellStack, stacks: OpsStackDependencies): void => {
  const { cell } = stack
  for (const [name, { question, graphs }] of Object.entries(contents(stack, stacks))) {
    const dashboard = new Dashboard(stack, name, { dashboardName: `${cell.prefix}-${name.toLowerCase()}` })
    const heading = `# ${cell.prefix} · ${name}\n${question} [Runbooks](${cell.config.runbookBaseUrl}${RUNBOOK})`
    dashboard.addWidgets(new TextWidget({ markdown: heading, width: 24, height: 2 }))
    for (let row = 0; row < graphs.length; row += 3)
      dashboard.addWidgets(
        ...graphs
          .slice(row, row + 3)
          .map(
            ({ title, left, right = [] }) =>
              new GraphWidget({ title, left: [...left], right: [...right], width: WIDTH, height: 6 }),
          ),
      )
  }
}

const contents = (
  stack: CellStack,
  { api, data, events, workers, allocator }: OpsStackDependencies,
): Record<string, { question: string; graphs: readonly Graph[] }> => {
  const own = (name: string, statistic = 'Sum') => ownMetric(stack.cell, name, statistic, MINUTE)
  const gauge = (name: string, label: string) =>
    bothModes(stack.cell, name, { statistic: 'Maximum', join: 'SUM', label, period: MINUTE })
  const age = (queue: { metricApproximateAgeOfOldestMessage: (props: object) => IMetric }) =>
    queue.metricApproximateAgeOfOldestMessage({ period: MINUTE })
  const count = (queue: { metricApproximateNumberOfMessagesVisible: (props: object) => IMetric }) =>
    queue.metricApproximateNumberOfMessagesVisible({ period: MINUTE })
  const queues = [workers.hints, events.fanOut, events.deliver]
  const machines = [allocator.allocate, allocator.lifecycle, allocator.rollout].map(({ machine }) => machine)
  const functions = [
    ...Object.values(api.functions),
    ...events.functions,
    ...workers.functions,
    allocator.allocator,
    allocator.reconciler,
    allocator.planner,
  ]
  const tables = Object.values(data.tables).map(({ tableName }) => tableName)
  const sendLatency = {
    title: 'Accept to server ack, ms',
    left: [own('message_send_latency_ms', 'p50'), own('message_send_latency_ms', 'p99')],
  }
  const capacity = {
    title: 'Sessions and free capacity',
    left: [gauge('fleet_sessions', 'sessions'), gauge('fleet_waiting_sessions', 'waiting for an owner')],
    right: [own('fleet_free_percent', 'Minimum')],
  }
  const backlog = { title: 'Oldest message in queues, s', left: queues.map(({ queue }) => age(queue)) }
  const deadLetters = { title: 'Dead letters', left: queues.map(({ deadLetters: queue }) => count(queue)) }
  const webhooks = {
    title: 'Webhook failures and latency',
    left: [own('webhook_failure_count')],
    right: [own('webhook_delivery_latency_ms', 'p99')],
  }
  const requests = {
    title: 'Requests and latency',
    left: [api.api.metricCount({ period: MINUTE })],
    right: [api.api.metricLatency({ period: MINUTE, statistic: 'p99' })],
  }
  return {
    Overview: {
      question: 'Is everything well?',
      graphs: [
        requests,
        sendLatency,
        capacity,
        { title: 'Reconnects', left: [own('session_reconnect_count')] },
        webhooks,
        deadLetters,
        {
          title: 'Canary: round trips and their time, ms',
          left: [own('canary_success_count'), own('canary_failure_count')],
          right: [own('canary_round_trip_ms', 'p99')],
        },
      ],
    },
    Fleet: {
      question: 'Who carries the sessions, and how heavy are they?',
      graphs: [
        { title: 'Ready workers', left: [gauge('fleet_ready_workers', 'ready workers')] },
        capacity,
        {
          title: 'Memory of the heaviest worker',
          left: [own('worker_memory_bytes', 'Maximum'), own('worker_memory_bytes', 'p50')],
        },
        {
          title: 'Event loop delay, ms',
          left: [own('worker_loop_lag_ms', 'Maximum'), own('worker_loop_lag_ms', 'p50')],
        },
        {
          title: 'Fences, moves, allocations',
          left: [own('worker_fence_count'), own('session_move_count'), own('allocation_start_count')],
        },
        {
          title: 'Launches that failed, writers that a log refused',
          left: [own('worker_launch_failed_count'), own('log_fenced_count')],
        },
        {
          title: 'Machines',
          left: machines.map((machine) => machine.metricStarted({ period: MINUTE })),
          right: machines.map((machine) => machine.metricFailed({ period: MINUTE })),
        },
      ],
    },
    Sessions: {
      question: 'Are the phones connected?',
      graphs: [
        { title: 'Reconnects', left: [own('session_reconnect_count')] },
        { title: 'Uptime at disconnect, s', left: [own('session_uptime_seconds', 'p50')] },
        { title: 'Quarantined and crashed', left: [own('session_quarantine_count'), own('session_crash_count')] },
        { title: 'Waiting for an owner', left: [gauge('fleet_waiting_sessions', 'waiting for an owner')] },
        { title: 'Messages waiting in workers', left: [own('pending_queue_size', 'Maximum')] },
        {
          title: 'Not sendable, not processable',
          left: [own('message_unsendable_count'), own('event_unprocessable_count')],
        },
      ],
    },
    Delivery: {
      question: 'Do messages and events arrive?',
      graphs: [
        sendLatency,
        webhooks,
        {
          title: 'Webhooks: what is ours before the first attempt (p99, ms), and what does not arrive',
          left: [own('webhook_first_attempt_age_ms', 'p99')],
          right: [
            own('webhook_held_count'),
            own('webhook_exhausted_count'),
            own('webhook_expired_count'),
            own('webhook_postponed_count'),
          ],
        },
        backlog,
        deadLetters,
        {
          title: 'Found by the sweeper',
          left: [own('sweeper_due_deliveries'), own('sweeper_woken_endpoints')],
        },
        {
          title: 'Republished by the sweeper',
          left: [own('sweeper_republished_events'), own('event_publish_failed_count')],
        },
        { title: 'Rings that failed', left: [own('ring_failed_count')] },
      ],
    },
    API: {
      question: 'What do tenants see?',
      graphs: [
        requests,
        {
          title: 'Errors',
          left: [api.api.metricClientError({ period: MINUTE }), api.api.metricServerError({ period: MINUTE })],
        },
        { title: 'Lambda errors', left: functions.map(({ function: fn }) => fn.metricErrors({ period: MINUTE })) },
        {
          title: 'Lambda throttles',
          left: functions.map(({ function: fn }) => fn.metricThrottles({ period: MINUTE })),
        },
        {
          title: 'Lambda duration p99, ms',
          left: Object.values(api.functions).map(({ function: fn }) =>
            fn.metricDuration({ period: MINUTE, statistic: 'p99' }),
          ),
        },
        {
          title: 'Limits not checked, audit not settled',
          left: [own('rate_limit_unchecked_count'), own('audit_unsettled_count')],
        },
      ],
    },
    Data: {
      question: 'Do the tables keep up?',
      graphs: [
        { title: 'Write units', left: tables.map((name) => tableMetric(name, 'ConsumedWriteCapacityUnits')) },
        { title: 'Read units', left: tables.map((name) => tableMetric(name, 'ConsumedReadCapacityUnits')) },
        {
          title: 'Throttles',
          left: tables.flatMap((name) => [
            tableMetric(name, 'ReadThrottleEvents'),
            tableMetric(name, 'WriteThrottleEvents'),
          ]),
        },
        {
          title: 'Conditional checks that failed',
          left: tables.map((name) => tableMetric(name, 'ConditionalCheckFailedRequests')),
        },
        { title: 'Transaction conflicts', left: tables.map((name) => tableMetric(name, 'TransactionConflict')) },
        backlog,
      ],
    },
  }
}
