import type { Readable } from 'node:stream'
import { proto, type WAMessage, type WASocket } from '@whiskeysockets/baileys'
import type { MediaKind } from '../../../shared/core/content-limits.ts'
import { downloadVerified } from '../repairs/media-reupload.ts'
import { encryptMedia, mediaTypeOf } from './encrypt-media.ts'
import type { UploadedMedia } from './outbound-content.ts'

const UPLOAD_TIMEOUT_MS = 5 * 60_000

/** Which received message brought the file. */
export interface MediaOrigin {
  readonly whatsappId: string
  readonly chatJid: string
  /** in a group: who sent it */
  readonly participantJid: string | null
  /** bytes of the message */
  readonly proto: Uint8Array
}

/**
 * Encrypts a file and lays it on WhatsApp's media host.
 * @param path of a temporary file, which the caller removes
 * @throws when the source breaks or no host takes it: try again
 */
export const uploadMedia = async (
  socket: Pick<WASocket, 'waUploadToServer'>,
  file: { readonly source: Readable; readonly kind: MediaKind; readonly path: string },
): Promise<UploadedMedia> => {
  const encrypted = await encryptMedia(file.source, file.kind, file.path)
  const { mediaUrl, directPath } = await socket.waUploadToServer(file.path, {
    mediaType: mediaTypeOf(file.kind),
    fileEncSha256B64: Buffer.from(encrypted.fileEncSha256).toString('base64'),
    timeoutMs: UPLOAD_TIMEOUT_MS,
  })
  return {
    ...encrypted,
    url: mediaUrl,
    directPath: directPath ?? '',
    mediaKeyTimestamp: Math.floor(Date.now() / 1_000),
  }
}

/**
 * The decrypted bytes of a received file; see downloadVerified.
 * @param testHost the media host of a test server; null: WhatsApp's own hosts alone
 */
export const downloadMedia = async (
  socket: Pick<WASocket, 'updateMediaMessage' | 'refreshMediaConn'>,
  origin: MediaOrigin,
  limits: { readonly maxBytes: number; readonly testHost: string | null },
): Promise<Readable> => {
  const message: WAMessage = {
    key: {
      remoteJid: origin.chatJid,
      id: origin.whatsappId,
      fromMe: false,
      ...(origin.participantJid ? { participant: origin.participantJid } : {}),
    },
    message: proto.Message.decode(origin.proto),
  }
  const { testHost } = limits
  return downloadVerified(
    {
      // For a file that is uploaded again the library takes the host of its last media_conn, or else the public one.
      updateMediaMessage: async (wanted) => {
        await socket.refreshMediaConn(false)
        return socket.updateMediaMessage(wanted)
      },
    },
    message,
    {
      maxBytes: limits.maxBytes,
      ...(testHost === null
        ? {}
        : { isAllowed: ({ protocol, hostname }: URL) => protocol === 'https:' && hostname === testHost }),
    },
  )
}
