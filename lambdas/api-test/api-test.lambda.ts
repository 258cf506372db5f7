import { readEnvironment } from '../../shared/config/environment.ts'
import { makeApi } from '../../shared/http/api.ts'
import { makeApiDependencies } from '../../shared/http/make-dependencies.ts'
import { makeLog } from '../../shared/log/log.ts'
import { openTables } from '../../shared/store/tables.ts'
import { makeTestHandlers } from './handlers.ts'
import { Simulator } from './simulator.ts'

const log = makeLog('api-test')
const tables = openTables()
const controlUrl = readEnvironment('waTestControlUrl')

/** Helpers of test mode: what a simulated phone or contact does. */
export const handler = makeApi(
  'api-test',
  makeTestHandlers({ tables, simulator: controlUrl ? new Simulator(controlUrl) : null }),
  // Inside the network of the simulator it reaches neither KMS nor EventBridge.
  makeApiDependencies(tables, log, { tellsLimits: false }),
)
