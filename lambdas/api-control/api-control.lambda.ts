import { makeEventBridgeClient } from '../../shared/aws/event-bridge.ts'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { readEnvironment, requireEnvironment } from '../../shared/config/environment.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { parseEgressRules } from '../../shared/egress/url-rules.ts'
import { EventBridgeSink } from '../../shared/events/event-sink.ts'
import { Bell } from '../../shared/events/ring.ts'
import { makeApi } from '../../shared/http/api.ts'
import { makeApiDependencies } from '../../shared/http/make-dependencies.ts'
import { makeLog } from '../../shared/log/log.ts'
import { openTables } from '../../shared/store/tables.ts'
import { makeControlHandlers } from './handlers.ts'

const log = makeLog('api-control')
const tables = openTables()

/** Sessions, webhook endpoints, events, health. */
export const handler = makeApi(
  'api-control',
  makeControlHandlers({
    tables,
    tenantKeys: new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: requireEnvironment('kmsKeyId') }),
    bell: new Bell({ client: makeSQSClient(), hintsQueueUrl: requireEnvironment('hintsQueueUrl'), log }),
    sink: new EventBridgeSink(makeEventBridgeClient(), requireEnvironment('eventBus')),
    egressRules: parseEgressRules({
      cidrs: readEnvironment('egressAllowCidrs'),
      http: readEnvironment('egressAllowHttp'),
    }),
    version: readEnvironment('version') ?? 'unknown',
    log,
  }),
  makeApiDependencies(tables, log),
)
