import { makeKMSClient } from '../../shared/aws/kms.ts'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { requireEnvironment } from '../../shared/config/environment.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { Bell } from '../../shared/events/ring.ts'
import { makeApi } from '../../shared/http/api.ts'
import { makeApiDependencies } from '../../shared/http/make-dependencies.ts'
import { makeLog } from '../../shared/log/log.ts'
import { openTables } from '../../shared/store/tables.ts'
import { makeOperationHandlers } from './handlers.ts'

const log = makeLog('api-operations')
const tables = openTables()
const tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: requireEnvironment('kmsKeyId') })

/** What takes long: commands that a session carries out while the caller waits, and reports of usage. */
export const handler = makeApi(
  'api-operations',
  makeOperationHandlers({
    tables,
    tenantKeys,
    bell: new Bell({ client: makeSQSClient(), hintsQueueUrl: requireEnvironment('hintsQueueUrl'), log }),
  }),
  makeApiDependencies(tables, log, { tenantKeys }),
)
