import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/** What a message says about its file: enough to fetch and open it. */
export type MediaKeys = { mediaKey: Buffer; fileSha256: Buffer; fileEncSha256: Buffer; fileLength: number }

const INFO: Record<string, string> = {
  image: 'WhatsApp Image Keys',
  sticker: 'WhatsApp Image Keys',
  video: 'WhatsApp Video Keys',
  ptv: 'WhatsApp Video Keys',
  audio: 'WhatsApp Audio Keys',
  document: 'WhatsApp Document Keys',
}
const MAC_BYTES = 10

function keysOf(mediaKey: Uint8Array, kind: string): { iv: Buffer; cipherKey: Buffer; macKey: Buffer } {
  const expanded = Buffer.from(hkdfSync('sha256', mediaKey, Buffer.alloc(0), INFO[kind] ?? INFO.document!, 112))
  return { iv: expanded.subarray(0, 16), cipherKey: expanded.subarray(16, 48), macKey: expanded.subarray(48, 80) }
}

/** Encrypts a file as a phone does before it uploads. */
export function sealMedia(kind: string, plain: Uint8Array): MediaKeys & { sealed: Buffer } {
  const mediaKey = randomBytes(32)
  const { iv, cipherKey, macKey } = keysOf(mediaKey, kind)
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()])
  const mac = createHmac('sha256', macKey).update(iv).update(encrypted).digest().subarray(0, MAC_BYTES)
  const sealed = Buffer.concat([encrypted, mac])
  return { mediaKey, fileSha256: hash(plain), fileEncSha256: hash(sealed), fileLength: plain.length, sealed }
}

/** Opens a downloaded file; throws when MAC, hash or length do not fit what the message said. */
export function openMedia(kind: string, keys: MediaKeys, sealed: Buffer): Buffer {
  if (!hash(sealed).equals(keys.fileEncSha256))
    throw new Error('the file on the host is not the one the message names (fileEncSha256)')
  const { iv, cipherKey, macKey } = keysOf(keys.mediaKey, kind)
  const [encrypted, mac] = [sealed.subarray(0, -MAC_BYTES), sealed.subarray(-MAC_BYTES)]
  const expected = createHmac('sha256', macKey).update(iv).update(encrypted).digest().subarray(0, MAC_BYTES)
  if (!timingSafeEqual(mac, expected)) throw new Error('the MAC at the end of the file is wrong')
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
  const plain = Buffer.concat([decipher.update(encrypted), decipher.final()])
  if (plain.length !== keys.fileLength)
    throw new Error(`fileLength says ${keys.fileLength}, the file has ${plain.length} bytes`)
  if (!hash(plain).equals(keys.fileSha256))
    throw new Error('the opened file is not the one the message promises (fileSha256)')
  return plain
}

/** Key of the conversation in which a device asks the phone to upload a file again. */
export function mediaRetryKey(mediaKey: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', mediaKey, Buffer.alloc(0), 'WhatsApp Media Retry Notification', 32))
}

function hash(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
