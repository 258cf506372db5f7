import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { makeSFNClient, StartExecutionCommand } from '../../shared/aws/step-functions.ts'
import { readEnvironment, requireEnvironment } from '../../shared/config/environment.ts'
import { Bell } from '../../shared/events/ring.ts'
import { makeApi } from '../../shared/http/api.ts'
import { makeApiDependencies } from '../../shared/http/make-dependencies.ts'
import { makeLog } from '../../shared/log/log.ts'
import { openTables } from '../../shared/store/tables.ts'
import { makeKeyHandlers } from './handlers.ts'

const log = makeLog('api-keys')
const tables = openTables()
const stepFunctions = makeSFNClient()
const dependencies = makeApiDependencies(tables, log)

/** Tenants, keys and the platform's own view: the only API function that may write keys. */
export const handler = makeApi(
  'api-keys',
  makeKeyHandlers({
    tables,
    readSecret: dependencies.readSecret,
    deployedVersion: readEnvironment('version') ?? 'unknown',
    startRolloutMachine: async ({ mode, rolloutId }) => {
      await stepFunctions.send(
        new StartExecutionCommand({
          stateMachineArn: requireEnvironment('rolloutStateMachineArn'),
          name: `${rolloutId}-0`,
          input: JSON.stringify({ v: 1, mode, rolloutId, generation: 0 }),
        }),
      )
    },
    bell: new Bell({ client: makeSQSClient(), hintsQueueUrl: requireEnvironment('hintsQueueUrl'), log }),
  }),
  dependencies,
)
