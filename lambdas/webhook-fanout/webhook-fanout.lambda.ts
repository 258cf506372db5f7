import { makeKMSClient } from '../../shared/aws/kms.ts'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { requireEnvironment } from '../../shared/config/environment.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { enqueueDeliveries } from '../../shared/events/deliver-queue.ts'
import { busEventSchema, scopeOf } from '../../shared/events/queue-envelopes.ts'
import { makeLog } from '../../shared/log/log.ts'
import { processBatch, type SqsBatchResponse, type SqsEvent } from '../../shared/sqs/batch.ts'
import { openTables } from '../../shared/store/tables.ts'
import { fanOutEvent } from './fan-out-event.ts'

const log = makeLog('webhook-fanout')
const tables = openTables()
const sqs = makeSQSClient()
const tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: requireEnvironment('kmsKeyId') })

const marked = new Set<string>()

/** SQS (from the bus rule) → one DELIVERY row per endpoint → deliver queue. */
export const handler = (event: SqsEvent): Promise<SqsBatchResponse> =>
  processBatch(event, log, async (body) => {
    const { detail } = busEventSchema.parse(body)
    const queueUrl = requireEnvironment('deliverQueueUrl')
    const { deliveries } = await fanOutEvent(
      { tables, tenantKeys, marked, now: Date.now, enqueue: (hints) => enqueueDeliveries(sqs, queueUrl, hints) },
      scopeOf(detail),
      detail,
    )
    log.info({ eventId: detail.eventId, eventType: detail.type, deliveries }, 'fanned out')
  })
