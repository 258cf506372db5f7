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
  const app = buildApp({ logger: false, stores: stores.stores as never })
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

interface Persistence {
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
  if (!dataDir) return { stores, close: () => {} }
  mkdirSync(join(dataDir, 'sqs'), { recursive: true })
  const persistence: Persistence = new PersistenceManager(join(dataDir, 'sqs'))
  persistence.loadSqsAndSns(stores.sqsStore, stores.snsStore)
  stores.sqsStore.persistence = persistence
  stores.snsStore.persistence = persistence
  for (const queue of stores.sqsStore.allQueues()) queue.persistence = persistence
  return { stores, close: () => persistence.close() }
}
