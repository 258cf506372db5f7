import { createCipheriv, createHash, createHmac } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CIPHER, type EncryptedFacts, type FileKeys, MAC_BYTES } from './file-keys.ts'

/**
 * Encrypts a stream into a file: AES-256-CBC, then ten bytes of an HMAC over IV and ciphertext. Ours instead of the
 * library's `encryptedStream`, whose file stream has nobody who listens to its errors: a full disk would end the process.
 * @param paths plain: where the bytes are also kept as they are, for the preview
 * @throws what the source and the disk throw; the files are the caller's to remove
 */
export const encryptFile = async (
  source: Readable,
  keys: FileKeys,
  paths: { readonly encrypted: string; readonly plain: string | null },
): Promise<EncryptedFacts> => {
  const plain = paths.plain === null ? null : await open(paths.plain, 'w')
  try {
    return await encryptInto(source, keys, paths.encrypted, plain)
  } finally {
    await plain?.close()
  }
}

const encryptInto = async (
  source: Readable,
  { cipherKey, iv, macKey }: FileKeys,
  path: string,
  plain: FileHandle | null,
): Promise<EncryptedFacts> => {
  const cipher = createCipheriv(CIPHER, cipherKey, iv)
  const mac = createHmac('sha256', macKey).update(iv)
  const plainHash = createHash('sha256')
  const encryptedHash = createHash('sha256')
  let fileLength = 0
  const seal = (bytes: Buffer): Buffer => {
    mac.update(bytes)
    encryptedHash.update(bytes)
    return bytes
  }
  await pipeline(
    source,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        fileLength += chunk.length
        plainHash.update(chunk)
        await plain?.write(chunk)
        const bytes = cipher.update(chunk)
        if (bytes.length > 0) yield seal(bytes)
      }
      yield seal(cipher.final())
      const end = mac.digest().subarray(0, MAC_BYTES)
      encryptedHash.update(end)
      yield end
    },
    createWriteStream(path),
  )
  return { fileSha256: plainHash.digest(), fileEncSha256: encryptedHash.digest(), fileLength }
}
