import { makeEventBridgeClient } from '../../shared/aws/event-bridge.ts'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { readEnvironment, requireEnvironment } from '../../shared/config/environment.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { makeGuardedAgent } from '../../shared/egress/guarded-agent.ts'
import { parseEgressRules } from '../../shared/egress/url-rules.ts'
import { enqueueDeliveries } from '../../shared/events/deliver-queue.ts'
import { EventBridgeSink } from '../../shared/events/event-sink.ts'
import { Bell } from '../../shared/events/ring.ts'
import { makeApi } from '../../shared/http/api.ts'
import { makeApiDependencies } from '../../shared/http/make-dependencies.ts'
import { makeLog } from '../../shared/log/log.ts'
import { openTables } from '../../shared/store/tables.ts'
import { MinuteCounter } from '../../shared/usage/minute-counter.ts'
import { postWebhook } from '../../shared/webhooks/post-webhook.ts'
import { makeControlHandlers } from './handlers.ts'

const log = makeLog('api-control')
const tables = openTables()
const tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: requireEnvironment('kmsKeyId') })
const sink = new EventBridgeSink(makeEventBridgeClient(), requireEnvironment('eventBus'))
const sqs = makeSQSClient()
const attempts = new MinuteCounter({ tables, log, what: 'webhookAttempts' })
const egressRules = parseEgressRules({
  cidrs: readEnvironment('egressAllowCidrs'),
  http: readEnvironment('egressAllowHttp'),
})
const dispatcher = makeGuardedAgent(egressRules)

/** Sessions, webhook endpoints, events, health. */
export const handler = makeApi(
  'api-control',
  makeControlHandlers({
    tables,
    tenantKeys,
    bell: new Bell({ client: sqs, hintsQueueUrl: requireEnvironment('hintsQueueUrl'), log }),
    sink,
    egressRules,
    ringPipeline: (hints) => enqueueDeliveries(sqs, requireEnvironment('deliverQueueUrl'), hints),
    post: (input) => postWebhook({ ...input, dispatcher }),
    countAttempt: (scope, now) => attempts.count(scope, now),
    version: readEnvironment('version') ?? 'unknown',
    log,
  }),
  makeApiDependencies(tables, log, { tenantKeys, sink }),
)
