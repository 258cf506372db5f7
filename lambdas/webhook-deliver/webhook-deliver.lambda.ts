import { makeKMSClient } from '../../shared/aws/kms.ts'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { readEnvironment, requireEnvironment } from '../../shared/config/environment.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { makeGuardedAgent } from '../../shared/egress/guarded-agent.ts'
import { parseEgressRules } from '../../shared/egress/url-rules.ts'
import { enqueueDeliveries } from '../../shared/events/deliver-queue.ts'
import { deliveryHintSchema, scopeOf } from '../../shared/events/queue-envelopes.ts'
import { makeLog } from '../../shared/log/log.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import { processBatch, type SqsBatchResponse, type SqsEvent } from '../../shared/sqs/batch.ts'
import { openTables } from '../../shared/store/tables.ts'
import { deliver } from './deliver.ts'
import { postWebhook } from './post-webhook.ts'

const log = makeLog('webhook-deliver')
const tables = openTables()
const sqs = makeSQSClient()
const tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: requireEnvironment('kmsKeyId') })
const dispatcher = makeGuardedAgent(
  parseEgressRules({ cidrs: readEnvironment('egressAllowCidrs'), http: readEnvironment('egressAllowHttp') }),
)
const queueUrl = requireEnvironment('deliverQueueUrl')

/** Deliver queue → one signed POST each → ledger. */
export const handler = (event: SqsEvent): Promise<SqsBatchResponse> =>
  processBatch(event, log, async (body) => {
    const hint = deliveryHintSchema.parse(body)
    const report = await deliver(
      {
        tables,
        tenantKeys,
        post: (input) => postWebhook({ ...input, dispatcher }),
        enqueue: (again, delaySeconds) => enqueueDeliveries(sqs, queueUrl, [again], delaySeconds),
        now: Date.now,
        random: Math.random,
      },
      scopeOf(hint),
      hint,
    )
    const { delivery, result } = report
    log.info(
      {
        outcome: report.outcome,
        deliveryId: delivery?.id,
        endpointId: hint.endpointId,
        eventId: hint.eventId,
        attempt: delivery?.attempts,
        httpStatus: result?.httpStatus,
        error: result?.error,
        internal: result?.internal,
        durationMs: result?.durationMs,
      },
      'delivery attempted',
    )
    if (report.outcome === 'delivered')
      emitMetrics({ webhook_delivery_latency_ms: [Date.now() - delivery!.createdAt, 'Milliseconds'] })
    else if (result) emitMetrics({ webhook_failure_count: [1, 'Count'] })
  })
