import { makeEventBridgeClient } from '../../shared/aws/event-bridge.ts'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { requireEnvironment } from '../../shared/config/environment.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { EventBridgeSink } from '../../shared/events/event-sink.ts'
import { LimitEvents } from '../../shared/events/limit-events.ts'
import { Bell } from '../../shared/events/ring.ts'
import { makeApi } from '../../shared/http/api.ts'
import { makeApiDependencies } from '../../shared/http/make-dependencies.ts'
import { makeLog } from '../../shared/log/log.ts'
import { openTables } from '../../shared/store/tables.ts'
import { makeMessageHandlers } from './handlers.ts'
import { MessageQuota } from './message-quota.ts'

const log = makeLog('api-messages')
const tables = openTables()
const tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: requireEnvironment('kmsKeyId') })
const sink = new EventBridgeSink(makeEventBridgeClient(), requireEnvironment('eventBus'))
const dependencies = makeApiDependencies(tables, log)

/** The hot path: accept messages, say how they are. */
export const handler = makeApi(
  'api-messages',
  makeMessageHandlers({
    tables,
    tenantKeys,
    quota: new MessageQuota(tables),
    docsBaseUrl: dependencies.docsBaseUrl,
    sink,
    log,
    bell: new Bell({ client: makeSQSClient(), hintsQueueUrl: requireEnvironment('hintsQueueUrl'), log }),
  }),
  { ...dependencies, limitEvents: new LimitEvents({ tables, tenantKeys, sink, log }) },
)
