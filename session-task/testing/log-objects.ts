import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '../../shared/aws/s3.ts'
import { makeLogS3Client } from '../auth-log/s3-log-device.ts'

/** What one session has in the auth bucket, for tests that damage it: key → bytes. */
export class LogObjects {
  readonly #client = makeLogS3Client()
  readonly #bucket: string
  readonly #sessionId: string

  constructor(sessionId: string, bucket = 'auth') {
    this.#sessionId = sessionId
    this.#bucket = bucket
  }

  async read(): Promise<Map<string, Buffer>> {
    const { Contents: found = [] } = await this.#client.send(new ListObjectsV2Command({ Bucket: this.#bucket }))
    const keys = found.map(({ Key: key = '' }) => key).filter((key) => key.includes(this.#sessionId))
    const objects = new Map<string, Buffer>()
    for (const key of keys.toSorted()) {
      const { Body: body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }))
      objects.set(key, Buffer.from((await body?.transformToByteArray()) ?? []))
    }
    return objects
  }

  /** Makes the bucket hold exactly these objects of the session. */
  async restore(objects: ReadonlyMap<string, Buffer>): Promise<void> {
    for (const key of (await this.read()).keys()) if (!objects.has(key)) await this.remove(key)
    for (const [key, bytes] of objects) await this.put(key, bytes)
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: bytes }))
  }

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }))
  }

  stop(): void {
    this.#client.destroy()
  }
}
