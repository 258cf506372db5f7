import type { AddressInfo } from 'node:net'
import { buildApp } from 'fauxqs'

const BUCKET = 'session-logs'

interface StoredObject {
  readonly etag: string
}
interface Store {
  createBucket(name: string): void
  headObject(bucket: string, key: string): StoredObject
}

/**
 * S3 emulator on a free loopback port, for tests of this folder. fauxqs answers 200 to every conditional put; the
 * guard in front of it refuses those whose condition does not hold, in the same turn as the put.
 */
export const startGuardedS3 = async (): Promise<{ endpoint: string; bucket: string; stop: () => Promise<void> }> => {
  const internal = new URL('./s3/s3Store.js', import.meta.resolve('fauxqs')).href
  const { S3Store } = (await import(internal)) as { S3Store: new () => Store }
  const store = new S3Store()
  store.createBucket(BUCKET)
  // Only the S3 store is ours; fauxqs makes the others itself.
  const app = buildApp({ logger: false, stores: { s3Store: store } as never })
  app.addHook('preHandler', (request, reply, done) => {
    const [bucket = '', ...key] = decodeURIComponent(request.url.split('?')[0] ?? '')
      .slice(1)
      .split('/')
    const { 'if-none-match': ifNoneMatch, 'if-match': ifMatch } = request.headers
    if (request.method !== 'PUT' || (!ifNoneMatch && !ifMatch)) return done()
    const current = find(store, bucket, key.join('/'))
    if (ifNoneMatch ? current === null : current?.etag === ifMatch) return done()
    const missing = !ifNoneMatch && current === null
    const code = missing ? 'NoSuchKey' : 'PreconditionFailed'
    reply
      .code(missing ? 404 : 412)
      .header('content-type', 'application/xml')
      .send(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>refused</Message></Error>`)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return { endpoint: `http://127.0.0.1:${port}`, bucket: BUCKET, stop: () => app.close() }
}

const find = (store: Store, bucket: string, key: string): StoredObject | null => {
  try {
    return store.headObject(bucket, key)
  } catch (error) {
    if ((error as { code?: string }).code === 'NoSuchKey') return null
    throw error
  }
}
