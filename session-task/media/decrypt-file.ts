import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { CIPHER, type FileKeys, MAC_BYTES } from './file-keys.ts'

const BLOCK_BYTES = 16

/** The bytes are not those that the sender sent. */
export class CorruptFileError extends Error {
  override readonly name = 'CorruptFileError'
  readonly code = 'media_corrupt'
}

/**
 * Opens a downloaded file into another one. Nobody may use what was written when it throws.
 * @param expectedSha256 of the plain bytes, as the message says
 * @throws CorruptFileError
 */
export const decryptFile = async (
  { cipherKey, iv, macKey }: FileKeys,
  expectedSha256: Uint8Array | null,
  paths: { readonly encrypted: string; readonly plain: string },
): Promise<{ sizeBytes: number }> => {
  const { cipherBytes, expectedMac } = await readEnd(paths.encrypted)
  const decipher = createDecipheriv(CIPHER, cipherKey, iv)
  const mac = createHmac('sha256', macKey).update(iv)
  const hash = createHash('sha256')
  let sizeBytes = 0
  const opened = (bytes: Buffer): Buffer => {
    sizeBytes += bytes.length
    hash.update(bytes)
    return bytes
  }
  await pipeline(
    createReadStream(paths.encrypted, { end: cipherBytes - 1 }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        mac.update(chunk)
        const bytes = decipher.update(chunk)
        if (bytes.length > 0) yield opened(bytes)
      }
      // Before the last block: wrong padding of changed bytes is then no riddle.
      if (!timingSafeEqual(mac.digest().subarray(0, MAC_BYTES), expectedMac))
        throw new CorruptFileError('the MAC at the end of the file is wrong')
      const last = decipher.final()
      if (last.length > 0) yield opened(last)
    },
    createWriteStream(paths.plain),
  )
  const isSame = expectedSha256?.length === 32 && timingSafeEqual(hash.digest(), expectedSha256)
  if (!isSame) throw new CorruptFileError('the file is not the one that the message names')
  return { sizeBytes }
}

/** Where the ciphertext ends, and the MAC behind it. */
const readEnd = async (path: string): Promise<{ cipherBytes: number; expectedMac: Buffer }> => {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const cipherBytes = size - MAC_BYTES
    if (cipherBytes < BLOCK_BYTES || cipherBytes % BLOCK_BYTES !== 0)
      throw new CorruptFileError(`a file of ${size} bytes is no encrypted one`)
    const { buffer } = await file.read(Buffer.alloc(MAC_BYTES), 0, MAC_BYTES, cipherBytes)
    return { cipherBytes, expectedMac: buffer }
  } finally {
    await file.close()
  }
}
