import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { type Mode, TenantScope } from '../../shared/core/tenant-scope.ts'
import type { MediaStore } from '../../shared/media/media-store.ts'
import { decryptFile } from './decrypt-file.ts'
import { encryptFile } from './encrypt-file.ts'
import type { EncryptedFacts, FileKeys } from './file-keys.ts'
import type { JobHandlers } from './serve-jobs.ts'

/** One object of the media bucket. */
export interface StoredObject {
  readonly tenantId: string
  readonly mode: Mode
  readonly mediaId: string
}

export type ThreadJobs = {
  /** media bucket → encrypted file. @returns null: it is not in the bucket */
  readonly encrypt: {
    readonly input: StoredObject & {
      readonly keys: FileKeys
      readonly encryptedPath: string
      /** the bytes as they are, for the preview; null: nobody needs them */
      readonly plainPath: string | null
    }
    readonly output: EncryptedFacts | null
  }
  /** media bucket → file. @returns false: it is not in the bucket. Fails with `media_too_large` */
  readonly fetch: {
    readonly input: StoredObject & { readonly path: string; readonly maxBytes: number }
    readonly output: boolean
  }
  /** encrypted file → verified → media bucket. Fails with `media_corrupt`, and nothing is stored */
  readonly store: {
    readonly input: StoredObject & {
      readonly keys: FileKeys
      readonly encryptedPath: string
      /** where the verified bytes lie meanwhile */
      readonly plainPath: string
      readonly sha256: Uint8Array | null
      readonly mimetype: string
    }
    readonly output: { readonly sizeBytes: number }
  }
}

class FileTooLargeError extends Error {
  override readonly name = 'FileTooLargeError'
  readonly code = 'media_too_large'
}

/** The sender of a job verified the pair; the thread is a part of the same worker. */
const scopeOf = (stored: StoredObject): TenantScope => TenantScope.fromVerified('systemRow', stored)

export const makeThreadJobs = (mediaStore: MediaStore): JobHandlers<ThreadJobs> => ({
  encrypt: async ({ keys, encryptedPath, plainPath, ...stored }) => {
    const source = await mediaStore.read(scopeOf(stored), stored.mediaId)
    return source && encryptFile(source, keys, { encrypted: encryptedPath, plain: plainPath })
  },
  fetch: async ({ path, maxBytes, ...stored }) => {
    const size = await mediaStore.sizeOf(scopeOf(stored), stored.mediaId)
    if (size === null) return false
    if (size > maxBytes) throw new FileTooLargeError(`the file has ${size} bytes, at most ${maxBytes} are taken`)
    const source = await mediaStore.read(scopeOf(stored), stored.mediaId)
    if (source) await pipeline(source, createWriteStream(path))
    return source !== null
  },
  store: async ({ keys, encryptedPath, plainPath, sha256, mimetype, ...stored }) => {
    const { sizeBytes } = await decryptFile(keys, sha256, { encrypted: encryptedPath, plain: plainPath })
    // Half of the room on the disk is free again while the rest is uploaded.
    await rm(encryptedPath, { force: true })
    const body = createReadStream(plainPath)
    await mediaStore.write(scopeOf(stored), stored.mediaId, { body, sizeBytes, mimetype })
    return { sizeBytes }
  },
})
