import { makeKMSClient } from '../../shared/aws/kms.ts'
import { makeS3Client } from '../../shared/aws/s3.ts'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { readEnvironment, requireEnvironment } from '../../shared/config/environment.ts'
import { TenantScope } from '../../shared/core/tenant-scope.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { makeGuardedAgent } from '../../shared/egress/guarded-agent.ts'
import { parseEgressRules } from '../../shared/egress/url-rules.ts'
import { Bell } from '../../shared/events/ring.ts'
import { makeLog } from '../../shared/log/log.ts'
import { mediaFetchEnvelope } from '../../shared/media/media-fetch-queue.ts'
import { MediaStore } from '../../shared/media/media-store.ts'
import { processBatch, type SqsBatchResponse, type SqsEvent } from '../../shared/sqs/batch.ts'
import { openTables } from '../../shared/store/tables.ts'
import { fetchMedia } from './fetch-media.ts'

const log = makeLog('media-fetch')
const tables = openTables()
const kmsKeyId = requireEnvironment('kmsKeyId')
const rules = parseEgressRules({ cidrs: readEnvironment('egressAllowCidrs'), http: readEnvironment('egressAllowHttp') })
const services = {
  tables,
  tenantKeys: new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId }),
  store: new MediaStore({ client: makeS3Client(), bucket: requireEnvironment('mediaBucket'), kmsKeyId }),
  agent: makeGuardedAgent(rules),
  rules,
  bell: new Bell({ client: makeSQSClient(), hintsQueueUrl: requireEnvironment('hintsQueueUrl'), log }),
  log,
}

/** SQS → one file from a customer's address into the media bucket. It alone touches such addresses for media. */
export const handler = (event: SqsEvent): Promise<SqsBatchResponse> =>
  processBatch(event, log, async (body) => {
    const { mediaId, ...tenant } = mediaFetchEnvelope.parse(body)
    await fetchMedia(services, TenantScope.fromVerified('envelope', tenant), mediaId)
  })
