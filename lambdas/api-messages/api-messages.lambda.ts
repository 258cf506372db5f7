import { makeEventBridgeClient } from '../../shared/aws/event-bridge.ts'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { makeS3Client } from '../../shared/aws/s3.ts'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { readEnvironment, requireEnvironment } from '../../shared/config/environment.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { parseEgressRules } from '../../shared/egress/url-rules.ts'
import { EventBridgeSink } from '../../shared/events/event-sink.ts'
import { Bell } from '../../shared/events/ring.ts'
import { makeApi } from '../../shared/http/api.ts'
import { makeApiDependencies } from '../../shared/http/make-dependencies.ts'
import { makeLog } from '../../shared/log/log.ts'
import { MediaFetchQueue } from '../../shared/media/media-fetch-queue.ts'
import { MediaStore } from '../../shared/media/media-store.ts'
import { openTables } from '../../shared/store/tables.ts'
import { makeMessageHandlers } from './handlers.ts'
import { MessageQuota } from './message-quota.ts'

const log = makeLog('api-messages')
const tables = openTables()
const fetches = new MediaFetchQueue(makeSQSClient(), requireEnvironment('mediaFetchQueueUrl'))
const tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: requireEnvironment('kmsKeyId') })
const sink = new EventBridgeSink(makeEventBridgeClient(), requireEnvironment('eventBus'))
const dependencies = makeApiDependencies(tables, log, { tenantKeys, sink })

/** The hot path: accept messages, say how they are. */
export const handler = makeApi(
  'api-messages',
  makeMessageHandlers({
    tables,
    tenantKeys,
    quota: new MessageQuota(tables),
    media: {
      store: new MediaStore({
        client: makeS3Client(),
        bucket: requireEnvironment('mediaBucket'),
        kmsKeyId: requireEnvironment('kmsKeyId'),
      }),
      egressRules: parseEgressRules({
        cidrs: readEnvironment('egressAllowCidrs'),
        http: readEnvironment('egressAllowHttp'),
      }),
      orderFetch: (scope, mediaId) => fetches.order(scope, mediaId),
    },
    docsBaseUrl: dependencies.docsBaseUrl,
    sink,
    log,
    bell: new Bell({ client: makeSQSClient(), hintsQueueUrl: requireEnvironment('hintsQueueUrl'), log }),
  }),
  dependencies,
)
