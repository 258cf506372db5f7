import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildApp } from 'fauxqs'

export interface SqsEmulator {
  readonly url: string
  stop(): Promise<void>
}

/**
 * fauxqs behind a guard: it would listen on all interfaces and it brings an S3 whose conditional writes do not hold, so
 * we build its app ourselves, bind it to loopback and let only SQS through. Its stores are internal modules: the version
 * is pinned exactly. With `dataDir` queues and messages survive SIGKILL (SQLite, write-through).
 */
export const startSqs = async (input: { dataDir?: string; port?: number }): Promise<SqsEmulator> => {
  const stores = await makeStores(input.dataDir)
  const app = buildApp({ logger: false, defaultRegion: 'us-east-1', stores: stores.stores as never })
  returnUnreadMessages(app, stores.stores.sqsStore)
  app.addHook('preHandler', async (request, reply) => {
    const target = String(request.headers['x-amz-target'] ?? '')
    if (!target.startsWith('AmazonSQS.')) return reply.status(501).send({ error: 'only SQS is served here' })
  })
  await app.listen({ port: input.port ?? 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await app.close()
      stores.close()
    },
  }
}

interface Store {
  getQueue(url: string): Queue | undefined
}
interface Queue {
  readonly inflightMessages: ReadonlyMap<string, { message: { approximateReceiveCount: number } }>
  changeVisibility(receiptHandle: string, seconds: number): void
}

/**
 * A poller that hung up while it waited (a killed worker) is still on fauxqs's list of waiters and would take the next
 * message with it for a whole visibility time-out. What cannot be handed over becomes visible again at once.
 */
const returnUnreadMessages = (app: ReturnType<typeof buildApp>, store: Store): void => {
  app.addHook('onSend', async (request, _reply, payload) => {
    if (request.headers['x-amz-target'] !== 'AmazonSQS.ReceiveMessage' || typeof payload !== 'string') return payload
    // The hang-up may be in the same batch of socket events as the send that woke this poll: let it be seen first.
    await new Promise((resolve) => setImmediate(resolve))
    if (!request.raw.socket.destroyed) return payload
    const queue = store.getQueue((request.body as { QueueUrl: string }).QueueUrl)
    const { Messages = [] } = JSON.parse(payload) as { Messages?: { ReceiptHandle: string }[] }
    for (const { ReceiptHandle } of Messages) {
      const message = queue?.inflightMessages.get(ReceiptHandle)?.message
      if (message) message.approximateReceiveCount--
      queue?.changeVisibility(ReceiptHandle, 0)
    }
    return payload
  })
}

interface Persistence {
  readonly db: { exec(sql: string): void }
  loadSqsAndSns(sqs: unknown, sns: unknown): void
  close(): void
}

const makeStores = async (dataDir?: string) => {
  const dist = dirname(fileURLToPath(import.meta.resolve('fauxqs')))
  const load = (path: string) => import(pathToFileURL(join(dist, path)).href)
  const [{ SqsStore }, { SnsStore }, { S3Store }, { PersistenceManager }] = await Promise.all([
    load('sqs/sqsStore.js'),
    load('sns/snsStore.js'),
    load('s3/s3Store.js'),
    load('persistence.js'),
  ])
  const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() }
  // Empty: queue URLs then carry the host and port of the request.
  stores.sqsStore.host = ''
  if (!dataDir) return { stores, close: () => {} }
  mkdirSync(join(dataDir, 'sqs'), { recursive: true })
  const persistence: Persistence = new PersistenceManager(join(dataDir, 'sqs'))
  // The default FULL syncs the disk on each message; NORMAL still survives SIGKILL of the process.
  persistence.db.exec('PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000')
  persistence.loadSqsAndSns(stores.sqsStore, stores.snsStore)
  stores.sqsStore.persistence = persistence
  stores.snsStore.persistence = persistence
  for (const queue of stores.sqsStore.allQueues()) queue.persistence = persistence
  return { stores, close: () => persistence.close() }
}
