import { randomBytes } from 'node:crypto'
import { proto, type WAMessage, type WASocket } from '@whiskeysockets/baileys'
import type { MediaKind } from '../../../shared/core/content-limits.ts'
import type { EncryptedFacts, FileKeys } from '../../media/file-keys.ts'
import { downloadEncrypted } from '../repairs/media-reupload.ts'
import type { DownloadedFile } from './downloaded-file.ts'
import { deriveFileKeys, mediaTypeOf } from './file-keys.ts'
import type { UploadedMedia } from './outbound-content.ts'

const UPLOAD_TIMEOUT_MS = 5 * 60_000
const KEY_BYTES = 32

/** Which received message brought the file. */
export interface MediaOrigin {
  readonly whatsappId: string
  readonly chatJid: string
  /** in a group: who sent it */
  readonly participantJid: string | null
  /** bytes of the message */
  readonly proto: Uint8Array
}

export interface OutgoingFile {
  readonly kind: MediaKind
  /** where the encrypted file will be; the caller removes it */
  readonly path: string
  /** Writes the encrypted file, not on this thread. @returns null: there is no such file (any more) */
  readonly encrypt: (keys: FileKeys) => Promise<EncryptedFacts | null>
}

export interface DownloadLimits {
  /** of the file as it is, without its encryption */
  readonly maxBytes: number
  /** the media host of a test server; null: WhatsApp's own hosts alone */
  readonly testHost: string | null
  /** the account's way out; absent: the worker's own network */
  readonly dispatcher?: unknown
}

/**
 * Encrypts a file with a new key and lays it on WhatsApp's media host.
 * @returns null when there is no file
 * @throws when the source breaks or no host takes it: try again
 */
export const uploadMedia = async (
  socket: Pick<WASocket, 'waUploadToServer'>,
  file: OutgoingFile,
): Promise<UploadedMedia | null> => {
  const mediaKey = randomBytes(KEY_BYTES)
  const encrypted = await file.encrypt(await deriveFileKeys(mediaKey, mediaTypeOf(file.kind)))
  if (!encrypted) return null
  const { mediaUrl, directPath } = await socket.waUploadToServer(file.path, {
    mediaType: mediaTypeOf(file.kind),
    fileEncSha256B64: Buffer.from(encrypted.fileEncSha256).toString('base64'),
    timeoutMs: UPLOAD_TIMEOUT_MS,
  })
  return {
    ...encrypted,
    mediaKey,
    url: mediaUrl,
    directPath: directPath ?? '',
    mediaKeyTimestamp: Math.floor(Date.now() / 1_000),
  }
}

/** The file of a received message, still encrypted, into `path`; see downloadEncrypted. */
export const downloadMedia = async (
  socket: Pick<WASocket, 'updateMediaMessage' | 'refreshMediaConn'>,
  origin: MediaOrigin,
  path: string,
  { testHost, ...limits }: DownloadLimits,
): Promise<DownloadedFile> => {
  const message: WAMessage = {
    key: {
      remoteJid: origin.chatJid,
      id: origin.whatsappId,
      fromMe: false,
      ...(origin.participantJid ? { participant: origin.participantJid } : {}),
    },
    message: proto.Message.decode(origin.proto),
  }
  return downloadEncrypted(
    {
      // For a file that is uploaded again the library takes the host of its last media_conn, or else the public one.
      updateMediaMessage: async (wanted) => {
        await socket.refreshMediaConn(false)
        return socket.updateMediaMessage(wanted)
      },
    },
    message,
    path,
    {
      ...limits,
      ...(testHost === null
        ? {}
        : { isAllowed: ({ protocol, hostname }: URL) => protocol === 'https:' && hostname === testHost }),
    },
  )
}
