import { directPathOf, findMedia, insertMedia, mediaBytes, mediaIdOf } from '../store/media.ts'
import type { Phone } from '../store/phones.ts'
import type { proto } from '../wire/codec.ts'
import { asBuffer } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { decodeMessage } from './content.ts'
import { type MediaKeys, openMedia, sealMedia } from './media-crypto.ts'
import { unwrap } from './stanza-shape.ts'

/** The file a message carries. `kind` is image, video, ptv, audio, document or sticker. */
export type Attachment = MediaKeys & { kind: string; mimetype: string; directPath: string }

const CARRIERS = {
  imageMessage: 'image',
  videoMessage: 'video',
  ptvMessage: 'ptv',
  audioMessage: 'audio',
  documentMessage: 'document',
  stickerMessage: 'sticker',
} as const

/** The file of a decrypted message; undefined if it carries none. */
export function attachmentOf(plaintext: Uint8Array): Attachment | undefined {
  const message = unwrap(decodeMessage(plaintext))
  for (const [field, kind] of Object.entries(CARRIERS)) {
    const part = message[field as keyof typeof CARRIERS]
    if (!part?.mediaKey || !part.fileSha256 || !part.fileEncSha256) continue
    return {
      kind,
      mimetype: part.mimetype ?? '',
      directPath: part.directPath ?? '',
      mediaKey: asBuffer(part.mediaKey),
      fileSha256: asBuffer(part.fileSha256),
      fileEncSha256: asBuffer(part.fileEncSha256),
      fileLength: Number(part.fileLength ?? 0),
    }
  }
  return undefined
}

/** Fetches and opens a file as the phone would. Throws when it is gone or is not what the message says. */
export function openAttachment({ database }: World, attachment: Attachment): Buffer {
  const id = mediaIdOf(attachment.directPath)
  const media = id === undefined ? undefined : findMedia(database, id)
  if (!media) throw new Error(`nothing was ever uploaded to ${attachment.directPath}`)
  if (media.gone) throw new Error(`the file has expired (${media.gone})`)
  return openMedia(attachment.kind, attachment, asBuffer(mediaBytes(database, media.id)!))
}

/** Encrypts and uploads a file. @returns the fields of the protobuf that point to it */
export function uploadFile(world: World, from: Phone, kind: string, plain: Uint8Array): proto.Message.IImageMessage {
  const { sealed, ...keys } = sealMedia(kind, plain)
  const { namespace, phone } = from
  const directPath = directPathOf(insertMedia(world.database, { namespace, phone, kind, bytes: sealed }))
  const url = `https://${world.mediaHost}${directPath}`
  return { ...keys, directPath, url, mediaKeyTimestamp: Math.floor(Date.now() / 1000) }
}
