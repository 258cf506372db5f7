import { makeEventBridgeClient } from '../shared/aws/event-bridge.ts'
import { makeKMSClient } from '../shared/aws/kms.ts'
import { makeS3Client } from '../shared/aws/s3.ts'
import { makeSQSClient } from '../shared/aws/sqs.ts'

import { makeSFNClient } from '../shared/aws/step-functions.ts'
import { TenantKeys } from '../shared/crypto/tenant-keys.ts'
import { EventBridgeSink } from '../shared/events/event-sink.ts'
import { makeLog } from '../shared/log/log.ts'
import { MediaStore } from '../shared/media/media-store.ts'
import { openTables } from '../shared/store/tables.ts'
import { systemClock } from './auth-log/clock.ts'
import { PauseDetector } from './auth-log/pause-detector.ts'
import { makeLogS3Client } from './auth-log/s3-log-device.ts'
import { makeMediaHelpers } from './media/media-helpers.ts'
import { Turns } from './session/turns.ts'
import { trustMediaCa } from './whatsapp/content/trust-media-ca.ts'
import { Egresses } from './whatsapp/egress.ts'
import { openConnection } from './whatsapp/open-connection.ts'
import { setTrustRoot } from './whatsapp/trust-root.ts'
import { readSettings } from './worker/settings.ts'
import { readTaskArn } from './worker/task-arn.ts'
import { makeTaskCallback, NO_CALLBACK } from './worker/task-callback.ts'
import { makeUnexpectedErrorHandler } from './worker/unexpected-error.ts'
import { Worker } from './worker/worker.ts'

/** What ECS gives after SIGTERM is 120 s in our task definition; a drain that takes longer than this hangs. */
const MEDIA_AT_ONCE = 4
const DRAIN_LIMIT_MS = 55_000

const log = makeLog('session-task')

const onUnexpected = makeUnexpectedErrorHandler(log, () => process.exit(1))
process.on('uncaughtException', onUnexpected)
process.on('unhandledRejection', onUnexpected)

const settings = readSettings()
setTrustRoot(settings.trustRoot)
if (settings.testMediaCa) trustMediaCa(settings.testMediaCa)
const tables = openTables()
const mediaHelpers = makeMediaHelpers()
const worker = new Worker({
  workerId: settings.workerId,
  incarnation: 1,
  mode: settings.mode,
  capacity: settings.capacity,
  version: settings.version,
  taskArn: await readTaskArn(),
  queuePrefix: settings.queuePrefix,
  hintsQueueUrl: settings.hintsQueueUrl,
  sqs: makeSQSClient(),
  services: {
    tables,
    tenantKeys: new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: settings.kmsKeyId }),
    eventSink: new EventBridgeSink(makeEventBridgeClient(), settings.eventBus),
    media: {
      store: new MediaStore({
        client: makeS3Client(),
        bucket: settings.mediaBucket,
        kmsKeyId: settings.kmsKeyId,
      }),
      testHost: settings.testMediaHost,
      turns: new Turns(MEDIA_AT_ONCE),
      helpers: mediaHelpers,
    },
    logClient: makeLogS3Client(),
    authBucket: settings.authBucket,
    pauseDetector: new PauseDetector(systemClock),
    openConnection,
    socketUrl: settings.socketUrl,
    egresses: new Egresses(settings.egressProxies, settings.egressRanges, settings.tenantEgressRanges),
    log,
  },
  whatsappVersion: settings.whatsappVersion,
  heartbeatFile: settings.heartbeatFile,
  taskCallback: settings.taskToken ? makeTaskCallback(makeSFNClient(), settings.taskToken, log) : NO_CALLBACK,
  log,
  onRejected: () => process.exit(1),
  onDrainAsked: () => void end('drained'),
})

let isEnding = false
const end = async (reason: 'drained' | 'signal'): Promise<void> => {
  if (isEnding) return
  isEnding = true
  setTimeout(() => {
    log.error('the drain takes too long, the worker ends')
    process.exit(1)
  }, DRAIN_LIMIT_MS).unref()
  await worker.drain(reason)
  mediaHelpers.stop()
  process.exit(0)
}
process.on('SIGTERM', () => void end('signal'))
process.on('SIGINT', () => void end('signal'))

await worker.start()
