import { makeEventBridgeClient } from '../../shared/aws/event-bridge.ts'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { requireEnvironment } from '../../shared/config/environment.ts'
import { enqueueDeliveries } from '../../shared/events/deliver-queue.ts'
import { EventBridgeSink } from '../../shared/events/event-sink.ts'
import { makeLog } from '../../shared/log/log.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import { openTables } from '../../shared/store/tables.ts'
import { republishUnfannedEvents } from './operations/republish-unfanned-events.ts'
import { requeueDueDeliveries } from './operations/requeue-due-deliveries.ts'

const log = makeLog('sweeper')
const tables = openTables()
const sqs = makeSQSClient()
const sink = new EventBridgeSink(makeEventBridgeClient(), requireEnvironment('eventBus'))
const deliverQueueUrl = requireEnvironment('deliverQueueUrl')

/** Once a minute: what the fast paths lost is found by its row. A non-zero count of `republished` deserves a look. */
export const handler = async (): Promise<void> => {
  const now = Date.now()
  const [rung, republished] = await Promise.all([
    requeueDueDeliveries(tables, (hints) => enqueueDeliveries(sqs, deliverQueueUrl, hints), now),
    republishUnfannedEvents(tables, sink, now),
  ])
  log.info({ rung, republished }, 'swept')
  emitMetrics({ sweeper_due_deliveries: [rung, 'Count'], sweeper_republished_events: [republished, 'Count'] })
}
