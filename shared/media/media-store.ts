import type { Readable } from 'node:stream'
import { presignUrl } from '../aws/presign.ts'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  objectUrl,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '../aws/s3.ts'
import type { TenantScope } from '../core/tenant-scope.ts'

/** How long a file is kept: the bucket's lifecycle rule says the same (infra asserts it). */
export const MEDIA_KEPT_DAYS = 30
export const MEDIA_KEPT_MS: number = MEDIA_KEPT_DAYS * 24 * 3_600_000
const UPLOAD_SECONDS = 15 * 60
const DOWNLOAD_SECONDS = 5 * 60

export interface PresignedUpload {
  readonly method: 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** epoch ms */
  readonly expiresAt: number
}

/**
 * Objects of the media bucket: `<tenant>-<L|T>/<media id>`. S3 encrypts each under the cell's key with the tenant as
 * encryption context, so that a grant or a trail names the tenant; presigned links need S3 to hold the key.
 */
export class MediaStore {
  readonly #client: S3Client
  readonly #bucket: string
  readonly #kmsKeyId: string

  constructor(input: { client: S3Client; bucket: string; kmsKeyId: string }) {
    this.#client = input.client
    this.#bucket = input.bucket
    this.#kmsKeyId = input.kmsKeyId
  }

  /** A link with which its holder uploads exactly this many bytes of exactly this type. @param now epoch ms */
  async presignUpload(
    scope: TenantScope,
    file: {
      readonly mediaId: string
      readonly mimetype: string
      readonly sizeBytes: number
      readonly sha256: string | null
    },
    now: number,
  ): Promise<PresignedUpload> {
    const headers = {
      'content-type': file.mimetype,
      'content-length': String(file.sizeBytes),
      ...(file.sha256 ? { 'x-amz-checksum-sha256': Buffer.from(file.sha256, 'hex').toString('base64') } : {}),
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': this.#kmsKeyId,
      'x-amz-server-side-encryption-context': contextOf(scope),
    }
    const url = await this.#presign('PUT', scope, file.mediaId, UPLOAD_SECONDS, now, headers)
    return { method: 'PUT', url, headers, expiresAt: now + UPLOAD_SECONDS * 1_000 }
  }

  /** @param fileName what a browser saves it as */
  async presignDownload(
    scope: TenantScope,
    mediaId: string,
    file: { readonly mimetype: string; readonly fileName: string | null },
    now: number,
  ): Promise<{ url: string; expiresAt: number }> {
    // Always as a download: a page of a stranger must not run under the bucket's name.
    const name = file.fileName ? `; filename*=UTF-8''${encodeURIComponent(file.fileName)}` : ''
    const query = {
      'response-content-disposition': `attachment${name}`,
      'response-content-type': file.mimetype,
    }
    const url = await this.#presign('GET', scope, mediaId, DOWNLOAD_SECONDS, now, {}, query)
    return { url, expiresAt: now + DOWNLOAD_SECONDS * 1_000 }
  }

  /** Size of what lies there; null: nothing. */
  async sizeOf(scope: TenantScope, mediaId: string): Promise<number | null> {
    try {
      const head = await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: keyOf(scope, mediaId) }))
      return head.ContentLength ?? 0
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  /** The first bytes, at most `count`. */
  async firstBytes(scope: TenantScope, mediaId: string, count: number): Promise<Uint8Array> {
    const { Body: body } = await this.#client.send(
      new GetObjectCommand({ Bucket: this.#bucket, Key: keyOf(scope, mediaId), Range: `bytes=0-${count - 1}` }),
    )
    return (await body?.transformToByteArray()) ?? new Uint8Array()
  }

  /** @returns null when it is not there (any more) */
  async read(scope: TenantScope, mediaId: string): Promise<Readable | null> {
    try {
      const { Body: body } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: keyOf(scope, mediaId) }),
      )
      return (body as Readable | undefined) ?? null
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  /** @param body of exactly `sizeBytes`, read once: a failure is not repeated here */
  async write(
    scope: TenantScope,
    mediaId: string,
    file: { readonly body: Readable; readonly sizeBytes: number; readonly mimetype: string },
  ): Promise<void> {
    await this.#client.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: keyOf(scope, mediaId),
        Body: file.body,
        ContentLength: file.sizeBytes,
        ContentType: file.mimetype,
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: this.#kmsKeyId,
        SSEKMSEncryptionContext: contextOf(scope),
      }),
    )
  }

  /** Ids of files that lie there. */
  async list(scope: TenantScope, limit: number): Promise<string[]> {
    const prefix = keyOf(scope, '')
    const { Contents: found = [] } = await this.#client.send(
      new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, MaxKeys: limit }),
    )
    return found.flatMap(({ Key: key }) => (key ? [key.slice(prefix.length)] : []))
  }

  async remove(scope: TenantScope, mediaId: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: keyOf(scope, mediaId) }))
  }

  async #presign(
    method: 'GET' | 'PUT',
    scope: TenantScope,
    mediaId: string,
    expiresInSeconds: number,
    now: number,
    headers: Readonly<Record<string, string>> = {},
    query: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const { config } = this.#client
    const [credentials, region] = await Promise.all([config.credentials(), config.region()])
    const url = objectUrl(this.#bucket, keyOf(scope, mediaId), region)
    return presignUrl({ method, url, region, credentials, expiresInSeconds, now, headers, query })
  }
}

const keyOf = (scope: TenantScope, mediaId: string): string =>
  `${scope.tenantId}-${scope.mode === 'live' ? 'L' : 'T'}/${mediaId}`

const contextOf = (scope: TenantScope): string =>
  Buffer.from(JSON.stringify({ tenantId: scope.tenantId, mode: scope.mode })).toString('base64')

const isMissing = (error: unknown): boolean =>
  error instanceof S3ServiceException && (error.name === 'NoSuchKey' || error.$metadata.httpStatusCode === 404)
