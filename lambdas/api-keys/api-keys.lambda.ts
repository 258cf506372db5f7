import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { requireEnvironment } from '../../shared/config/environment.ts'
import { Bell } from '../../shared/events/ring.ts'
import { makeApi } from '../../shared/http/api.ts'
import { makeApiDependencies } from '../../shared/http/make-dependencies.ts'
import { makeLog } from '../../shared/log/log.ts'
import { openTables } from '../../shared/store/tables.ts'
import { makeKeyHandlers } from './handlers.ts'

const log = makeLog('api-keys')
const tables = openTables()
const dependencies = makeApiDependencies(tables, log)

/** Tenants, keys and the platform's own view: the only API function that may write keys. */
export const handler = makeApi(
  'api-keys',
  makeKeyHandlers({
    tables,
    readSecret: dependencies.readSecret,
    bell: new Bell({ client: makeSQSClient(), hintsQueueUrl: requireEnvironment('hintsQueueUrl'), log }),
  }),
  dependencies,
)
