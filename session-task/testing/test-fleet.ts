import { randomBytes } from 'node:crypto'
import { startTestCloud } from '../../local/cloud/testing/cloud.ts'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { ListObjectsV2Command } from '../../shared/aws/s3.ts'
import type { makeSQSClient } from '../../shared/aws/sqs.ts'
import { encodeCrockford, newId } from '../../shared/core/ids.ts'
import { TenantScope } from '../../shared/core/tenant-scope.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { Contacts } from '../../shared/store/contacts.ts'
import { type EventRef, Events } from '../../shared/store/events.ts'
import { Leases } from '../../shared/store/leases.ts'
import { Messages } from '../../shared/store/messages.ts'
import { messageContentPlace } from '../../shared/store/places.ts'
import type { MessageRow } from '../../shared/store/rows/message.ts'
import type { DesiredState, LinkRequest } from '../../shared/store/rows/session.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import { transact } from '../../shared/store/table.ts'
import { openTables } from '../../shared/store/tables.ts'
import { Workers } from '../../shared/store/workers.ts'
import { systemClock } from '../auth-log/clock.ts'
import { PauseDetector } from '../auth-log/pause-detector.ts'
import { makeLogS3Client } from '../auth-log/s3-log-device.ts'
import { quietLog } from '../auth-log/testing/open-memory-log.ts'
import type { WorkerServices } from '../session/session-context.ts'
import type { OpenConnection } from '../whatsapp/connection.ts'
import { openConnection } from '../whatsapp/open-connection.ts'
import { type Simulator, startSimulator } from '../whatsapp/testing/simulator-process.ts'
import { setTrustRoot } from '../whatsapp/trust-root.ts'
import { NO_CALLBACK } from '../worker/task-callback.ts'
import { Worker } from '../worker/worker.ts'
import { makeEventReader } from './fleet-events.ts'
import { openFleetQueues } from './fleet-queues.ts'
import { newSessionRow, newTextRow } from './test-rows.ts'

const DEADLINE_MS = 20_000

/** Asks until the answer is truthy. @throws after the deadline, with what it waited for and the last answer */
export const until = async <T>(what: string, ask: () => T | Promise<T>, deadlineMs = DEADLINE_MS) => {
  const end = performance.now() + deadlineMs
  for (;;) {
    const answer = await ask()
    if (answer) return answer as NonNullable<T>
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A worker in this process, or one that a test started. */
export type AssignableWorker = { readonly id: string; readonly queueUrl: string }

/** Services of its own may fail when the test wants them to; default: those of the fleet. */
export interface TestWorkerOptions extends Partial<WorkerServices> {
  readonly capacity?: number
  readonly version?: string
  readonly heartbeatFile?: string
  readonly heartbeatMs?: number
  /** the test ends this worker itself; default: `stop` drains it */
  readonly isEndedByTest?: boolean
  readonly sqs?: ReturnType<typeof makeSQSClient>
}

/** One simulated WhatsApp, one cloud in memory, and workers in this process. The test is the API and the reconciler. */
export const startTestFleet = async (
  options: { openConnection?: OpenConnection; services?: Parameters<typeof startTestCloud>[0] } = {},
) => {
  const [cloud, simulator] = await Promise.all([startTestCloud(options.services), startSimulator()])
  cloud.apply()
  setTrustRoot(simulator.trustRootHex)
  const scope = TenantScope.fromVerified('systemRow', {
    tenantId: `ten_${encodeCrockford(randomBytes(17)).slice(0, 26)}`,
    mode: 'test',
  })
  const tables = openTables()
  const { sqs, hintsQueueUrl, ring, deleteQueue, readHints } = await openFleetQueues(scope)
  const tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: 'alias/fleetline' })
  const published: EventRef[] = []
  const started: Worker[] = []
  const eventSink: WorkerServices['eventSink'] = {
    publish: async (refs) => {
      published.push(...refs)
      return []
    },
  }
  const stores = {
    sessions: new Sessions(tables, scope),
    leases: new Leases(tables, scope),
    messages: new Messages(tables, scope),
    events: new Events(tables, scope),
    workers: new Workers(tables),
  }

  const startWorker = async ({
    capacity = 50,
    version = 'test',
    heartbeatFile,
    heartbeatMs = 500,
    isEndedByTest = false,
    sqs: ownSqs = sqs,
    ...overrides
  }: TestWorkerOptions = {}): Promise<Worker & { id: string }> => {
    const workerId = newId('wrk')
    const worker = new Worker({
      workerId,
      incarnation: 1,
      mode: 'test',
      capacity,
      version,
      taskArn: null,
      queuePrefix: 'worker-',
      hintsQueueUrl,
      sqs: ownSqs,
      services: {
        tables,
        tenantKeys,
        eventSink,
        logClient: makeLogS3Client(),
        authBucket: 'auth',
        pauseDetector: new PauseDetector(systemClock),
        openConnection: options.openConnection ?? openConnection,
        socketUrl: simulator.socketUrl,
        log: quietLog,
        ackTimeoutMs: 1_500,
        ...overrides,
      },
      whatsappVersion: null,
      taskCallback: NO_CALLBACK,
      heartbeatFile: heartbeatFile ?? null,
      log: quietLog,
      heartbeatMs,
      onRejected: () => {},
      onDrainAsked: () => {},
    })
    await worker.start()
    if (!isEndedByTest) started.push(worker)
    return Object.assign(worker, { id: workerId })
  }

  const assign = async (sessionId: string, worker: AssignableWorker): Promise<number> => {
    const lease = await stores.leases.get(sessionId)
    if (!lease) throw new Error('no lease')
    const result = await stores.leases.assign(lease, {
      workerId: worker.id,
      incarnation: 1,
      queueUrl: worker.queueUrl,
    })
    if (result.outcome !== 'assigned') throw new Error(result.outcome)
    await ring(worker.queueUrl, 'assigned', sessionId)
    return result.epoch
  }

  const createSession = async (link: LinkRequest | null): Promise<string> => {
    const row = newSessionRow(scope, link)
    const written = await transact(tables.client, [stores.sessions.createLeg(row), stores.leases.createLeg(row.id)])
    if (written.outcome !== 'written') throw new Error(written.outcome)
    return row.id
  }

  const setDesired = async (sessionId: string, desired: DesiredState): Promise<void> => {
    const lease = await stores.leases.setDesired(sessionId, desired)
    await ring(lease?.queueUrl ?? null, 'desired', sessionId)
  }

  const untilStatus = (sessionId: string, status: string) =>
    until(`session ${status}`, async () => {
      const row = await stores.sessions.get(sessionId)
      return row?.status === status ? row : null
    })

  const released = (sessionId: string) =>
    until('the lease is free and settled', async () => {
      const lease = await stores.leases.get(sessionId)
      return lease?.owner === null && lease.settled ? lease : null
    })

  /** Links a new phone by QR over the worker. */
  const linkSession = async (worker: AssignableWorker, phone: string): Promise<string> => {
    await simulator.addPhone(phone, 'Shop')
    const sessionId = await createSession({ method: 'qr', requestedAt: Date.now() })
    await stores.leases.setDesired(sessionId, 'RUNNING')
    await assign(sessionId, worker)
    const sight = await until('a QR', () => stores.sessions.getLinkSight(sessionId, Date.now()))
    await simulator.scan(phone, sight.qr ?? '')
    await untilStatus(sessionId, 'connected')
    return sessionId
  }

  /** What the API does for POST /v1/messages. */
  const accept = async (
    sessionId: string,
    to: string,
    body: string,
    more: Partial<MessageRow> = {},
    notBefore = Date.now(),
    rings = true,
  ): Promise<MessageRow> => {
    const id = newId('msg')
    const content = await tenantKeys.seal(scope, messageContentPlace(id), { text: { body } })
    const { row } = await stores.messages.accept(
      { ...newTextRow(scope, { id, sessionId, to, content }), ...more },
      notBefore,
    )
    if (rings) await ring((await stores.leases.get(sessionId))?.queueUrl ?? null, 'messages', sessionId)
    return row
  }

  const untilMessage = (messageId: string, statuses: readonly string[], deadlineMs?: number) =>
    until(
      `message ${statuses.join(' or ')}`,
      async () => {
        const row = await stores.messages.get(messageId)
        return row && statuses.includes(row.status) ? row : null
      },
      deadlineMs,
    )

  /** Keys of what a session has in the auth bucket. */
  const logObjects = async (sessionId: string): Promise<string[]> => {
    const client = makeLogS3Client()
    const { Contents: found = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'auth' }))
    client.destroy()
    return found.map(({ Key: key = '' }) => key).filter((key) => key.includes(sessionId))
  }

  return {
    ...stores,
    scope,
    tables,
    tenantKeys,
    cloud,
    hintsQueueUrl,
    simulator: simulator as Simulator,
    published,
    eventSink,
    startWorker,
    ring,
    assign,
    createSession,
    setDesired,
    untilStatus,
    released,
    linkSession,
    accept,
    untilMessage,
    ...makeEventReader(scope, stores.events, tenantKeys),
    readHints,
    deleteQueue,
    contacts: (sessionId: string) => new Contacts(tables, scope, sessionId),
    logObjects,
    stop: async () => {
      await Promise.all(started.map((worker) => worker.drain()))
      setTrustRoot(null)
      await simulator.stop()
      sqs.destroy()
      await cloud.stop()
    },
  }
}

export type TestFleet = Awaited<ReturnType<typeof startTestFleet>>
