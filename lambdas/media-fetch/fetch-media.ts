import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { allowsMimetype, bareMimetype, CONTENT_LIMITS, type MediaKind } from '../../shared/core/content-limits.ts'
import { fitsSniffed, isOpus, SNIFF_BYTES, sniffMedia } from '../../shared/core/sniff-media.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { GuardedAgent } from '../../shared/egress/guarded-agent.ts'
import { DownloadError, guardedDownload } from '../../shared/egress/guarded-download.ts'
import type { EgressRules } from '../../shared/egress/url-rules.ts'
import type { Bell } from '../../shared/events/ring.ts'
import type { Log } from '../../shared/log/log.ts'
import type { MediaStore } from '../../shared/media/media-store.ts'
import { Leases } from '../../shared/store/leases.ts'
import { MediaFiles } from '../../shared/store/media-files.ts'
import { MediaQuota } from '../../shared/store/media-quota.ts'
import { mediaDetailsPlace } from '../../shared/store/places.ts'
import type { MediaRow } from '../../shared/store/rows/media.ts'
import type { Failure } from '../../shared/store/rows/message.ts'
import type { Tables } from '../../shared/store/tables.ts'

/** Within the function's time-out, with room for writing the file to S3. */
const DEADLINE_MS = 90_000
const TRIES = 2

export interface FetchServices {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
  readonly store: MediaStore
  readonly agent: GuardedAgent
  readonly rules: EgressRules
  readonly bell: Bell
  readonly log: Log
}

interface Details {
  readonly url: string
  readonly kind: MediaKind
}

class Unfit extends Error {
  readonly failure: Failure
  constructor(code: string, message: string, retryable = false) {
    super(message)
    this.failure = { code, message, retryable }
  }
}

/**
 * Fetches the file of one row from its customer's address and stores it; or says on the row why not. Repeating it is
 * harmless: a row that is not `pending` is left alone.
 * @throws what S3 and DynamoDB throw: the queue brings it again
 */
export const fetchMedia = async (services: FetchServices, scope: TenantScope, mediaId: string): Promise<void> => {
  const files = new MediaFiles(services.tables, scope)
  const row = await files.get(mediaId)
  if (row?.status !== 'pending' || row.source !== 'url') return
  const details = (await services.tenantKeys.open(scope, mediaDetailsPlace(mediaId), row.details)) as Details
  const folder = await mkdtemp(join(tmpdir(), 'media-'))
  try {
    await fetchInto(services, scope, row, details, join(folder, 'file'))
  } catch (error) {
    const failure = failureOf(error)
    if (!failure) throw error
    services.log.info({ mediaId, code: failure.code, reason: reasonOf(error) }, 'a file could not be fetched')
    await files.markUnavailable(mediaId, failure)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  await ring(services, scope, row.sessionId)
}

const fetchInto = async (
  services: FetchServices,
  scope: TenantScope,
  row: MediaRow,
  { url, kind }: Details,
  path: string,
): Promise<void> => {
  const { contentType, sizeBytes, sha256 } = await download(services, url, row.maximumBytes, path)
  if (sizeBytes === 0) throw new Unfit('media_empty', 'The address answered with an empty file.')
  const beginning = await readBeginning(path)
  const sniffed = sniffMedia(beginning)
  // What the message calls it, else what the bytes are, else what the server says.
  const mimetype =
    row.mimetype || sniffed?.mimetype || (contentType ? bareMimetype(contentType) : 'application/octet-stream')
  if (!allowsMimetype(kind, mimetype) || (kind !== 'document' && !fitsSniffed(bareMimetype(mimetype), sniffed)))
    throw new Unfit(
      'media_type_mismatch',
      `The file is ${sniffed?.mimetype ?? 'of no known type'}, which cannot be sent as ${kind}.`,
    )
  const size = CONTENT_LIMITS.stickerPixels
  if (kind === 'sticker' && (sniffed?.width !== size || sniffed.height !== size))
    throw new Unfit(
      'sticker_size_wrong',
      `The picture has ${sniffed?.width} × ${sniffed?.height} pixels, not ${size} × ${size}.`,
    )
  if (kind === 'voice' && !isOpus(beginning)) throw new Unfit('media_type_mismatch', 'A voice note is Opus in Ogg.')
  await services.store.write(scope, row.id, { body: createReadStream(path), sizeBytes, mimetype })
  await new MediaFiles(services.tables, scope).markStored(row.id, {
    mimetype,
    sizeBytes,
    sha256,
    width: sniffed?.width ?? null,
    height: sniffed?.height ?? null,
    animated: sniffed?.animated ?? null,
    opus: isOpus(beginning),
  })
  const quota = new MediaQuota(services.tables, scope)
  await quota.settle({ mediaId: row.id, bytes: sizeBytes, keptUntil: row.expiresAt })
}

/** Onto the disk, never into memory; a broken connection is tried once more. */
const download = async ({ agent, rules }: FetchServices, url: string, maximumBytes: number, path: string) => {
  for (let attempt = 1; ; attempt++) {
    try {
      const { contentType, body } = await guardedDownload({ agent, url, rules, deadlineMs: DEADLINE_MS, maximumBytes })
      const hash = createHash('sha256')
      let sizeBytes = 0
      const count = new Transform({
        transform: (chunk: Buffer, _encoding, done) => {
          sizeBytes += chunk.length
          hash.update(chunk)
          done(null, chunk)
        },
      })
      await pipeline(body, count, createWriteStream(path))
      return { contentType, sizeBytes, sha256: hash.digest('hex') }
    } catch (error) {
      const isWeather = error instanceof DownloadError && error.code === 'reset'
      if (!isWeather || attempt >= TRIES) throw error
    }
  }
}

const readBeginning = async (path: string): Promise<Uint8Array> => {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** What the file's owner can do something about; null: our own trouble. */
const failureOf = (error: unknown): Failure | null => {
  if (error instanceof Unfit) return error.failure
  if (!(error instanceof DownloadError)) return null
  const message = `${error.message}.`
  switch (error.code) {
    case 'blocked_address':
    case 'url_refused':
      return { code: 'media_url_refused', message, retryable: false }
    case 'too_large':
      return { code: 'media_too_large', message, retryable: false }
    default:
      return { code: 'media_fetch_failed', message, retryable: true }
  }
}

const reasonOf = (error: unknown): string => (error instanceof DownloadError ? error.code : 'unfit')

/** The message that waits for it is tried now instead of a moment later. */
const ring = async ({ tables, bell }: FetchServices, scope: TenantScope, sessionId: string | null): Promise<void> => {
  const lease = sessionId === null ? null : await new Leases(tables, scope).get(sessionId)
  if (lease) await bell.ring(scope, lease, 'messages')
}
