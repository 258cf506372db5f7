import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { getMediaKeys, type MediaType } from '@whiskeysockets/baileys'
import type { MediaKind } from '../../../shared/core/content-limits.ts'

const KEY_BYTES = 32
const MAC_BYTES = 10

/** WhatsApp derives keys by its own name of the kind, and has a path on its host for each: a voice note is audio there. */
export const mediaTypeOf = (kind: MediaKind): MediaType => (kind === 'voice' ? 'audio' : kind)

export interface EncryptedFile {
  readonly mediaKey: Uint8Array
  readonly fileSha256: Uint8Array
  readonly fileEncSha256: Uint8Array
  readonly fileLength: number
}

/**
 * Encrypts a stream into a file: AES-256-CBC, then ten bytes of an HMAC over IV and ciphertext. Ours instead of the
 * library's `encryptedStream`, whose file stream has nobody who listens to its errors: a full disk would end the process.
 * @throws what the source and the disk throw; the file is the caller's to remove
 */
export const encryptMedia = async (source: Readable, kind: MediaKind, path: string): Promise<EncryptedFile> => {
  const mediaKey = randomBytes(KEY_BYTES)
  const { cipherKey, iv, macKey } = await getMediaKeys(mediaKey, mediaTypeOf(kind))
  const cipher = createCipheriv('aes-256-cbc', cipherKey as Uint8Array, iv)
  const mac = createHmac('sha256', macKey as Uint8Array).update(iv)
  const plain = createHash('sha256')
  const encrypted = createHash('sha256')
  let fileLength = 0
  const seal = (bytes: Buffer): Buffer => {
    mac.update(bytes)
    encrypted.update(bytes)
    return bytes
  }
  await pipeline(
    source,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        fileLength += chunk.length
        plain.update(chunk)
        const bytes = cipher.update(chunk)
        if (bytes.length > 0) yield seal(bytes)
      }
      yield seal(cipher.final())
      const end = mac.digest().subarray(0, MAC_BYTES)
      encrypted.update(end)
      yield end
    },
    createWriteStream(path),
  )
  return { mediaKey, fileSha256: plain.digest(), fileEncSha256: encrypted.digest(), fileLength }
}
