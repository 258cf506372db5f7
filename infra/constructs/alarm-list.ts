import { Duration } from 'aws-cdk-lib'
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch'
import type { AllocatorStack } from '../stacks/allocator-stack.ts'
import type { ApiStack } from '../stacks/api-stack.ts'
import type { DataStack } from '../stacks/data-stack.ts'
import type { EventsStack } from '../stacks/events-stack.ts'
import type { WorkersStack } from '../stacks/workers-stack.ts'
import type { Cell } from './cell.ts'
import { bothModes, ownMetric, ruleMetric, sumOf, tableMetric } from './cell-metrics.ts'
import type { GuardedQueue } from './guarded-queue.ts'
import type { JsonataMachine } from './jsonata-machine.ts'
import type { RunbookAlarm } from './runbook-alarm.ts'

export interface OpsStackDependencies {
  readonly data: DataStack
  readonly events: EventsStack
  readonly workers: WorkersStack
  readonly allocator: AllocatorStack
  readonly api: ApiStack
}

const FIVE_MINUTES = Duration.minutes(5)

/** Each alarm is one heading in docs/runbooks/alarms.md; a test compares both lists. */
export const alarmList = (cell: Cell, stacks: OpsStackDependencies): RunbookAlarm[] => [
  ...deadLetterAlarms(stacks),
  ...fleetAlarms(cell, stacks),
  ...deliveryAlarms(cell, stacks),
  ...platformAlarms(cell, stacks),
  ...(cell.config.canary ? [canaryAlarm(cell)] : []),
]

const canaryAlarm = (cell: Cell): RunbookAlarm => ({
  slug: 'canary-failing',
  meaning: 'Fewer than three of the last five messages of the canary came back as webhooks.',
  metric: ownMetric(cell, 'canary_success_count'),
  below: 3,
  periods: 2,
  silenceRings: true,
})

const deadLetterAlarms = ({ workers, events }: OpsStackDependencies): RunbookAlarm[] => {
  const inDeadLetters = (slug: string, queue: GuardedQueue, what: string): RunbookAlarm => ({
    slug,
    meaning: `${what} failed five times and lie in the dead-letter queue: a bug of ours.`,
    metric: queue.deadLetters.metricApproximateNumberOfMessagesVisible({ period: FIVE_MINUTES, statistic: 'Maximum' }),
    above: 0,
  })
  return [
    inDeadLetters('dead-letters-hints', workers.hints, 'Hints for the reconciler'),
    inDeadLetters('dead-letters-media-fetch', workers.mediaFetch, 'Files to fetch from customers’ addresses'),
    inDeadLetters('dead-letters-fanout', events.fanOut, 'Events on their way to the webhook fan-out'),
    inDeadLetters('dead-letters-deliver', events.deliver, 'Webhook deliveries'),
  ]
}

const fleetAlarms = (cell: Cell, { allocator, workers }: OpsStackDependencies): RunbookAlarm[] => {
  const failed = ({ machine }: JsonataMachine) =>
    sumOf('executions that ended badly', [
      machine.metricFailed({ period: FIVE_MINUTES }),
      machine.metricTimedOut({ period: FIVE_MINUTES }),
      machine.metricThrottled({ period: FIVE_MINUTES }),
    ])
  return [
    {
      slug: 'allocate-session-failing',
      meaning: 'Executions of AllocateSession fail: sessions wait without an owner.',
      metric: failed(allocator.allocate),
      above: 0,
    },
    {
      slug: 'worker-lifecycle-failing',
      meaning: 'Executions of WorkerLifecycle fail: workers do not start or are not supervised.',
      metric: failed(allocator.lifecycle),
      above: 0,
    },
    {
      slug: 'launches-failing',
      meaning: 'Workers die before their first heartbeat: tasks do not start, or stop at once.',
      metric: ownMetric(cell, 'worker_launch_failed_count'),
      above: 2,
    },
    {
      slug: 'rollout-failing',
      meaning: 'A rollout ended as failed, or its machine did: old workers go on, the new version does not take over.',
      metric: sumOf('failed rollouts', [
        ownMetric(cell, 'rollout_failed_count'),
        allocator.rollout.machine.metricFailed({ period: FIVE_MINUTES }),
        allocator.rollout.machine.metricTimedOut({ period: FIVE_MINUTES }),
      ]),
      above: 0,
    },
    {
      slug: 'capacity-low',
      meaning: 'Less than a tenth of the fleet is free: the next new sessions wait for a cold start.',
      metric: ownMetric(cell, 'fleet_free_percent', 'Minimum'),
      below: 10,
      periods: 2,
    },
    {
      slug: 'sessions-waiting',
      meaning: 'Sessions have waited for an owner for a quarter of an hour.',
      metric: bothModes(cell, 'fleet_waiting_sessions', { statistic: 'Minimum', join: 'MAX', label: 'waiting' }),
      above: 0,
      periods: 3,
    },
    {
      slug: 'worker-too-heavy',
      meaning: 'A worker uses more than 85 percent of its memory: the kernel ends it next.',
      metric: ownMetric(cell, 'worker_memory_bytes', 'Maximum'),
      above: cell.config.worker.memoryMiB * 2 ** 20 * 0.85,
    },
    {
      slug: 'worker-event-loop',
      meaning: 'The event loop of a worker is late by more than half a second: all its sessions are slow.',
      metric: ownMetric(cell, 'worker_loop_lag_ms', 'Maximum'),
      above: 500,
      periods: 2,
    },
    {
      slug: 'session-crashes',
      meaning: 'Unexpected errors killed sessions inside their workers: a bug of ours.',
      metric: ownMetric(cell, 'session_crash_count'),
      above: 5,
    },
    {
      slug: 'disconnect-storm',
      meaning: 'More reconnects within five minutes than a fifth of all sessions.',
      metric: new MathExpression({
        label: 'reconnects in percent of sessions',
        // A handful of sessions that reconnect is no storm.
        expression: 'IF(sessions >= 20, 100 * FILL(reconnects, 0) / sessions, 0)',
        usingMetrics: {
          reconnects: ownMetric(cell, 'session_reconnect_count'),
          sessions: bothModes(cell, 'fleet_sessions', { statistic: 'Maximum', join: 'SUM', label: 'sessions' }),
        },
        period: FIVE_MINUTES,
      }),
      above: 20,
    },
    {
      slug: 'reconcile-errors',
      meaning: 'The tick of the reconciler sees errors: it fences nobody while it does, and recovery is slow.',
      metric: ownMetric(cell, 'reconcile_tick_error_count'),
      above: 2,
    },
    {
      slug: 'lease-fences',
      meaning: 'More than two workers were declared dead within five minutes.',
      metric: ownMetric(cell, 'worker_fence_count'),
      above: 2,
    },
    {
      slug: 'fence-cap-reached',
      meaning: 'The reaper saw more silent workers than it may fence in one minute: look before it goes on.',
      metric: ownMetric(cell, 'worker_fence_capped_count'),
      above: 0,
    },
    {
      slug: 'quarantined-sessions',
      meaning: 'A session brought its worker down five times and was set aside.',
      metric: ownMetric(cell, 'session_quarantine_count'),
      above: 0,
    },
    {
      slug: 'zombie-writes',
      meaning: 'Logs refused more than five writers within five minutes: workers act for sessions that others own.',
      metric: ownMetric(cell, 'log_fenced_count'),
      above: 5,
    },
    {
      slug: 'hints-backlog',
      meaning: 'Hints wait for more than a minute: new sessions and recoveries are slow.',
      metric: workers.hints.queue.metricApproximateAgeOfOldestMessage({ period: FIVE_MINUTES }),
      above: 60,
    },
  ]
}

const deliveryAlarms = (cell: Cell, { events, workers }: OpsStackDependencies): RunbookAlarm[] => [
  {
    slug: 'messages-slow',
    meaning: 'One in a hundred messages needs more than 30 seconds from the 202 to the ack of the server.',
    metric: ownMetric(cell, 'message_send_latency_ms', 'p99'),
    above: 30_000,
    periods: 2,
  },
  {
    slug: 'publishing-fails',
    meaning: 'PutEvents refuses events: they wait for the sweeper.',
    metric: ownMetric(cell, 'event_publish_failed_count'),
    above: 10,
  },
  {
    slug: 'events-not-routed',
    meaning: 'EventBridge cannot hand events over to our queues, or holds them back.',
    metric: sumOf('events that did not arrive', [
      ...['FailedInvocations', 'InvocationsSentToDlq', 'ThrottledRules'].flatMap((name) => [
        ruleMetric(name, { EventBusName: events.bus.eventBusName, RuleName: events.ruleName }),
        ruleMetric(name, { RuleName: workers.ruleName }),
      ]),
    ]),
    above: 0,
  },
  {
    slug: 'deliver-backlog',
    meaning: 'Webhook deliveries wait for more than two minutes before their attempt.',
    metric: events.deliver.queue.metricApproximateAgeOfOldestMessage({ period: FIVE_MINUTES }),
    above: 120,
  },
  {
    slug: 'fanout-backlog',
    meaning: 'Events wait for more than two minutes before their deliveries are written.',
    metric: events.fanOut.queue.metricApproximateAgeOfOldestMessage({ period: FIVE_MINUTES }),
    above: 120,
  },
  {
    slug: 'sweeper-republishes',
    meaning: 'The sweeper found events that the fast path lost: the canary of the publishing protocol.',
    metric: ownMetric(cell, 'sweeper_republished_events'),
    above: 10,
  },
]

const platformAlarms = (
  cell: Cell,
  { api, events, allocator, workers, data }: OpsStackDependencies,
): RunbookAlarm[] => {
  const groups = functionGroups({ api, events, allocator, workers })
  const tables = [data.tables.core, data.tables.messages]
  return [
    {
      slug: 'api-errors',
      meaning: 'More than one percent of the API answers are 5xx.',
      metric: new MathExpression({
        label: 'share of 5xx in percent',
        expression: '100 * errors',
        usingMetrics: { errors: api.api.metricServerError({ period: FIVE_MINUTES, statistic: 'Average' }) },
        period: FIVE_MINUTES,
      }),
      above: 1,
    },
    {
      slug: 'api-slow',
      meaning: 'One in a hundred API answers takes longer than a second.',
      metric: api.api.metricLatency({ period: FIVE_MINUTES, statistic: 'p99' }),
      above: 1000,
      periods: 3,
    },
    ...groups.map(
      ({ name, functions }): RunbookAlarm => ({
        slug: `lambda-errors-${name}`,
        meaning: `Lambdas (${name}) end with an error.`,
        metric: sumOf(
          'errors',
          functions.map(({ function: fn }) => fn.metricErrors({ period: FIVE_MINUTES })),
        ),
        above: 5,
      }),
    ),
    ...groups.map(
      ({ name, functions }): RunbookAlarm => ({
        slug: `lambda-throttles-${name}`,
        meaning: `Lambdas (${name}) are throttled: the account has no concurrency left.`,
        metric: sumOf(
          'throttles',
          functions.map(({ function: fn }) => fn.metricThrottles({ period: FIVE_MINUTES })),
        ),
        above: 0,
      }),
    ),
    {
      slug: 'audit-unsettled',
      meaning: 'Outcomes of control-plane changes could not be written to the audit log.',
      metric: ownMetric(cell, 'audit_unsettled_count'),
      above: 0,
    },
    {
      slug: 'table-throttles',
      meaning: 'DynamoDB throttles requests: a partition is hot or a burst is too steep.',
      metric: sumOf(
        'throttled',
        tables.flatMap(({ tableName }) =>
          ['ReadThrottleEvents', 'WriteThrottleEvents'].map((name) => tableMetric(tableName, name)),
        ),
      ),
      above: 10,
    },
    {
      slug: 'table-errors',
      meaning: 'DynamoDB itself fails for core or messages: the service, not a limit.',
      metric: sumOf(
        'system errors',
        tables.flatMap(({ tableName }) =>
          ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'TransactWriteItems'].map((operation) =>
            tableMetric(tableName, 'SystemErrors', operation),
          ),
        ),
      ),
      above: 5,
    },
  ]
}

/** An alarm takes ten metrics: functions are added up by what they are for. */
const functionGroups = ({ api, events, allocator, workers }: Omit<OpsStackDependencies, 'data'>) => [
  { name: 'api', functions: Object.values(api.functions) },
  { name: 'events', functions: events.functions },
  { name: 'fleet', functions: [allocator.allocator, allocator.reconciler, allocator.planner, ...workers.functions] },
]
