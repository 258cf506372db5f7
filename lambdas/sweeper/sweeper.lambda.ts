import { makeEventBridgeClient } from '../../shared/aws/event-bridge.ts'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { makeS3Client } from '../../shared/aws/s3.ts'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { requireEnvironment } from '../../shared/config/environment.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { publishCalmly } from '../../shared/events/control-events.ts'
import { enqueueDeliveries } from '../../shared/events/deliver-queue.ts'
import { EventBridgeSink } from '../../shared/events/event-sink.ts'
import { makeLog } from '../../shared/log/log.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import { MediaStore } from '../../shared/media/media-store.ts'
import { openTables } from '../../shared/store/tables.ts'
import { deleteRowsOfSessions } from './operations/delete-session-rows.ts'
import { endOverdueMessages } from './operations/end-overdue-messages.ts'
import { endOverdueOperations } from './operations/end-overdue-operations.ts'
import { eraseFilesOfTenants } from './operations/erase-files-of-tenants.ts'
import { republishUnfannedEvents } from './operations/republish-unfanned-events.ts'
import { requeueDueDeliveries } from './operations/requeue-due-deliveries.ts'
import { tellFailedSessions } from './operations/tell-failed-sessions.ts'
import { trimOldEvents } from './operations/trim-old-events.ts'
import { wakeEndpoints } from './operations/wake-endpoints.ts'

const log = makeLog('sweeper')
const tables = openTables()
const sqs = makeSQSClient()
const sink = new EventBridgeSink(makeEventBridgeClient(), requireEnvironment('eventBus'))
const tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: requireEnvironment('kmsKeyId') })
const mediaStore = new MediaStore({
  client: makeS3Client(),
  bucket: requireEnvironment('mediaBucket'),
  kmsKeyId: requireEnvironment('kmsKeyId'),
})
const deliverQueueUrl = requireEnvironment('deliverQueueUrl')

/** Once a minute: what the fast paths lost is found by its row. A non-zero count of `republished` deserves a look. */
export const handler = async (): Promise<void> => {
  const now = Date.now()
  const [rung, republished, overdue, failed, deleted, woken, operations, trimmed, erased] = await Promise.all([
    requeueDueDeliveries(tables, (hints) => enqueueDeliveries(sqs, deliverQueueUrl, hints), now),
    republishUnfannedEvents(tables, sink, now),
    endOverdueMessages({ tables, tenantKeys, log }, now),
    tellFailedSessions({ tables, tenantKeys }, now),
    deleteRowsOfSessions({ tables, tenantKeys, mediaStore, log }, now),
    wakeEndpoints(tables, (hints) => enqueueDeliveries(sqs, deliverQueueUrl, hints), now),
    endOverdueOperations({ tables, log }, now),
    trimOldEvents({ tables, tenantKeys, log }, now),
    eraseFilesOfTenants({ tables, mediaStore, log }, now),
  ])
  await publishCalmly(sink, log, [...overdue.events, ...failed])
  log.info(
    { rung, republished, ended: overdue.ended, failed: failed.length, deleted, woken, operations, trimmed, erased },
    'swept',
  )
  emitMetrics({
    sweeper_due_deliveries: [rung, 'Count'],
    sweeper_republished_events: [republished, 'Count'],
    sweeper_ended_messages: [overdue.ended, 'Count'],
    sweeper_woken_endpoints: [woken, 'Count'],
    sweeper_ended_operations: [operations.ended, 'Count'],
    sweeper_deleted_rows: [deleted, 'Count'],
    sweeper_trimmed_rows: [trimmed, 'Count'],
    sweeper_erased_files: [erased, 'Count'],
  })
}
