import { makeEventBridgeClient } from '../../shared/aws/event-bridge.ts'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { readEnvironment, requireEnvironment } from '../../shared/config/environment.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { makeGuardedAgent } from '../../shared/egress/guarded-agent.ts'
import { parseEgressRules } from '../../shared/egress/url-rules.ts'
import { publishCalmly } from '../../shared/events/control-events.ts'
import { enqueueDeliveries } from '../../shared/events/deliver-queue.ts'
import { EventBridgeSink } from '../../shared/events/event-sink.ts'
import { pipelineHintSchema, scopeOf } from '../../shared/events/queue-envelopes.ts'
import { makeLog } from '../../shared/log/log.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import { processBatch, type SqsBatchResponse, type SqsEvent } from '../../shared/sqs/batch.ts'
import { openTables } from '../../shared/store/tables.ts'
import { MinuteCounter } from '../../shared/usage/minute-counter.ts'
import { postWebhook } from '../../shared/webhooks/post-webhook.ts'
import { type DeliverReport, deliver } from './deliver.ts'
import type { DeliverDependencies } from './dependencies.ts'
import { metricsOf } from './metrics.ts'
import { runReplay } from './run-replay.ts'
import { wakeEndpoint } from './wake-endpoint.ts'

const log = makeLog('webhook-deliver')
const tables = openTables()
const sqs = makeSQSClient()
const tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: requireEnvironment('kmsKeyId') })
const dispatcher = makeGuardedAgent(
  parseEgressRules({ cidrs: readEnvironment('egressAllowCidrs'), http: readEnvironment('egressAllowHttp') }),
)
const queueUrl = requireEnvironment('deliverQueueUrl')

const sink = new EventBridgeSink(makeEventBridgeClient(), requireEnvironment('eventBus'))
const attempts = new MinuteCounter({ tables, log, what: 'webhookAttempts' })
const dependencies: DeliverDependencies = {
  tables,
  tenantKeys,
  post: (input) => postWebhook({ ...input, dispatcher }),
  enqueue: (again, delaySeconds) => enqueueDeliveries(sqs, queueUrl, [again], delaySeconds),
  publish: (events) => publishCalmly(sink, log, events),
  count: (scope, now) => attempts.count(scope, now),
  now: Date.now,
  random: Math.random,
}

/** Deliver queue → one signed POST each → ledger; also probes, releases and pages of replays. */
export const handler = (event: SqsEvent): Promise<SqsBatchResponse> =>
  processBatch(event, log, async (body) => {
    const hint = pipelineHintSchema.parse(body)
    const scope = scopeOf(hint)
    if (!('kind' in hint)) return report(await deliver(dependencies, scope, hint))
    if (hint.kind === 'replay') {
      const replay = await runReplay(dependencies, scope, hint)
      return log.info(
        { replayId: hint.replayId, status: replay?.status, examined: replay?.examined, enqueued: replay?.enqueued },
        'replay went on',
      )
    }
    const woken = await wakeEndpoint(dependencies, scope, hint)
    if (woken.kind === 'probed') return report(woken.report)
    log.info({ endpointId: hint.endpointId, ...woken }, 'endpoint woken')
  })

const report = ({ outcome, delivery, result }: DeliverReport): void => {
  log.info(
    {
      outcome,
      deliveryId: delivery?.id,
      endpointId: delivery?.endpointId,
      eventId: delivery?.eventId,
      attempt: delivery?.attempts,
      httpStatus: result?.httpStatus,
      error: result?.error,
      internal: result?.internal,
      durationMs: result?.durationMs,
    },
    'delivery attempted',
  )
  if (!delivery) return
  emitMetrics(metricsOf(outcome, delivery, result, Date.now()))
}
