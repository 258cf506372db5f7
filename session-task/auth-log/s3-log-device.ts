import { clientOptions } from '../../shared/aws/client-options.ts'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '../../shared/aws/s3.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { type HeadPut, type LogDevice, type PutOutcome, type StoredHead, slotName } from './log-device.ts'

const SMALL_TIMEOUT_MS = 5_000
const SNAPSHOT_TIMEOUT_MS = 30_000
const PARALLEL_DELETES = 16

/**
 * S3 client for logs: no retries of its own. The SDK would hide that an attempt may have had its effect; the log
 * decides by comparing bytes.
 */
export const makeLogS3Client = (): S3Client => new S3Client({ ...clientOptions(), maxAttempts: 1 })

/** Where a session's log lies; the mode is part of the tenant's folder. */
const logKeys = (scope: TenantScope, sessionId: string) => {
  const place = `${scope.tenantId}-${scope.mode === 'live' ? 'L' : 'T'}/${sessionId}`
  return { head: `head/${place}`, segments: `wal/${place}/`, snapshots: `snap/${place}/` }
}

/** One session's log in S3. Put-if-absent is `If-None-Match: *`, HEAD is replaced with `If-Match`. */
export class S3LogDevice implements LogDevice {
  readonly #client: S3Client
  readonly #bucket: string
  readonly #keys: ReturnType<typeof logKeys>

  /** @param input client from `makeLogS3Client` */
  constructor(input: { client: S3Client; bucket: string; scope: TenantScope; sessionId: string }) {
    this.#client = input.client
    this.#bucket = input.bucket
    this.#keys = logKeys(input.scope, input.sessionId)
  }

  getHead(): Promise<StoredHead | null> {
    return this.#get(this.#keys.head, SMALL_TIMEOUT_MS)
  }

  async putHead(bytes: Uint8Array, ifMatch: string | null): Promise<HeadPut> {
    const tag = await this.#put(this.#keys.head, bytes, ifMatch, SMALL_TIMEOUT_MS)
    return tag === null ? { outcome: 'conflict' } : { outcome: 'written', tag }
  }

  putSegment(sequence: number, bytes: Uint8Array): Promise<PutOutcome> {
    return this.#putIfAbsent(this.#keys.segments + slotName(sequence), bytes, SMALL_TIMEOUT_MS)
  }

  async getSegment(sequence: number): Promise<Buffer | null> {
    return (await this.#get(this.#keys.segments + slotName(sequence), SMALL_TIMEOUT_MS))?.bytes ?? null
  }

  async listSegments({ after, upTo }: { after: number; upTo?: number }): Promise<number[]> {
    const names = await this.#list(this.#keys.segments, slotName(after), upTo === undefined ? null : slotName(upTo))
    return names.map(Number)
  }

  deleteSegments(sequences: readonly number[]): Promise<void> {
    return this.#delete(sequences.map((sequence) => this.#keys.segments + slotName(sequence)))
  }

  putSnapshot(name: string, bytes: Uint8Array): Promise<PutOutcome> {
    return this.#putIfAbsent(this.#keys.snapshots + name, bytes, SNAPSHOT_TIMEOUT_MS)
  }

  async getSnapshot(name: string): Promise<Buffer | null> {
    return (await this.#get(this.#keys.snapshots + name, SNAPSHOT_TIMEOUT_MS))?.bytes ?? null
  }

  listSnapshots(): Promise<string[]> {
    return this.#list(this.#keys.snapshots, '', null)
  }

  deleteSnapshots(names: readonly string[]): Promise<void> {
    return this.#delete(names.map((name) => this.#keys.snapshots + name))
  }

  async #putIfAbsent(key: string, bytes: Uint8Array, timeoutMs: number): Promise<PutOutcome> {
    return (await this.#put(key, bytes, null, timeoutMs)) === null ? 'exists' : 'written'
  }

  /** @returns the new ETag, null when the condition failed */
  async #put(key: string, bytes: Uint8Array, ifMatch: string | null, timeoutMs: number): Promise<string | null> {
    const condition = ifMatch === null ? { IfNoneMatch: '*' } : { IfMatch: ifMatch }
    try {
      const put = await this.#client.send(
        new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: bytes, ...condition }),
        { abortSignal: AbortSignal.timeout(timeoutMs) },
      )
      if (!put.ETag) throw new Error(`S3 gave no ETag for ${key}`)
      return put.ETag
    } catch (error) {
      // 404: If-Match on a key that is gone. 409 is neither: two puts were under way, the same one is sent again.
      if (statusOf(error) === 412 || (statusOf(error) === 404 && ifMatch !== null && isNoSuchKey(error))) return null
      throw error
    }
  }

  async #get(key: string, timeoutMs: number): Promise<StoredHead | null> {
    try {
      const abortSignal = AbortSignal.timeout(timeoutMs)
      const got = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }), { abortSignal })
      if (!got.Body || !got.ETag) throw new Error(`S3 gave no body or ETag for ${key}`)
      return { bytes: Buffer.from(await got.Body.transformToByteArray()), tag: got.ETag }
    } catch (error) {
      if (isNoSuchKey(error)) return null
      throw error
    }
  }

  async #list(prefix: string, after: string, upTo: string | null): Promise<string[]> {
    const names: string[] = []
    for (let token: string | undefined; ; ) {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: prefix,
          ...(after && { StartAfter: prefix + after }),
          ContinuationToken: token,
        }),
        { abortSignal: AbortSignal.timeout(SMALL_TIMEOUT_MS) },
      )
      for (const { Key: key } of page.Contents ?? []) {
        const name = key?.slice(prefix.length) ?? ''
        if (upTo !== null && name > upTo) return names
        names.push(name)
      }
      if (!page.IsTruncated) return names
      token = page.NextContinuationToken
    }
  }

  async #delete(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += PARALLEL_DELETES)
      await Promise.all(
        keys.slice(start, start + PARALLEL_DELETES).map((key) =>
          this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }), {
            abortSignal: AbortSignal.timeout(SMALL_TIMEOUT_MS),
          }),
        ),
      )
  }
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined

/** Not every 404: a missing bucket is a wrong deployment, and must never look like an empty log. */
const isNoSuchKey = (error: unknown): boolean => error instanceof S3ServiceException && error.name === 'NoSuchKey'
