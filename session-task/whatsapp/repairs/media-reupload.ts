import { createHash } from 'node:crypto'
import { type Readable, Transform } from 'node:stream'
import {
  downloadMediaMessage,
  extractMessageContent,
  getContentType,
  type WAMessage,
  type WASocket,
} from '@whiskeysockets/baileys'
import { WhatsAppError } from '../errors.ts'

/**
 * Symptom: media older than some days cannot be downloaded, although the phone still has it, and a changed file is taken
 * for the real one. rc14's re-upload never fires: it looks for `error.status`, but the download throws a Boom, whose
 * status is in `output.statusCode`; when it is asked for anyway it waits for ever for a phone that is off; and the stream
 * checks neither MAC nor SHA-256 (baileys-facts §4; https://github.com/WhiskeySockets/Baileys/issues/2767).
 */
const GONE: ReadonlySet<unknown> = new Set([404, 410])
const REUPLOAD_TIMEOUT_MS = 30_000

export interface MediaDownload {
  readonly maxBytes: number
  readonly reuploadTimeoutMs?: number
  /** undici dispatcher of the account's egress */
  readonly dispatcher?: unknown
  /** url and host are the sender's word; default: WhatsApp's own media hosts */
  readonly isAllowed?: (url: URL) => boolean
}

interface MediaContent {
  readonly url?: string | null
  readonly fileSha256?: Uint8Array | null
}

const isWhatsAppHost = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' && (hostname === 'whatsapp.net' || hostname.endsWith('.whatsapp.net'))

const mediaOf = (message: WAMessage): MediaContent => {
  const content = extractMessageContent(message.message)
  const type = content && getContentType(content)
  const media = type ? (content[type] as MediaContent) : undefined
  if (!media || typeof media !== 'object') throw new WhatsAppError('media_gone', 'the message has no media')
  return media
}

const open = async (
  message: WAMessage,
  { dispatcher, isAllowed = isWhatsAppHost }: MediaDownload,
): Promise<Readable> => {
  const { url } = mediaOf(message)
  // Without a url the library takes WhatsApp's host; with one it takes the host from it, whatever it is.
  if (url && !(URL.canParse(url) && isAllowed(new URL(url))))
    throw new WhatsAppError('media_gone', 'the media lies on a host that is not WhatsApp’s')
  return downloadMediaMessage(message, 'stream', dispatcher ? { options: { dispatcher } as RequestInit } : {})
}

const askPhone = async (socket: Pick<WASocket, 'updateMediaMessage'>, message: WAMessage, timeoutMs: number) => {
  const { promise: timedOut, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new WhatsAppError('media_gone', 'the phone did not upload the media again in time')),
    timeoutMs,
  )
  try {
    return await Promise.race([socket.updateMediaMessage(message), timedOut])
  } catch (cause) {
    if (cause instanceof WhatsAppError) throw cause
    throw new WhatsAppError('media_gone', 'the phone does not have the media any more', null, { cause })
  } finally {
    clearTimeout(timer)
  }
}

/** Passes bytes on and fails at the end, or as soon as there are too many: nobody may keep what came before. */
const verifying = (expected: Uint8Array | null | undefined, maxBytes: number): Transform => {
  const hash = createHash('sha256')
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length
      if (bytes > maxBytes)
        return callback(new WhatsAppError('media_too_large', `the media is larger than ${maxBytes} bytes`))
      hash.update(chunk)
      callback(null, chunk)
    },
    flush(callback) {
      const isSame = expected?.length === 32 && hash.digest().equals(Buffer.from(expected))
      callback(isSame ? null : new WhatsAppError('media_corrupt', 'the media is not what its sender sent'))
    },
  })
}

/**
 * The decrypted bytes of a media message. The stream errors when they are not what the message promised: whoever stores
 * them may commit only after its end.
 * @throws WhatsAppError media_gone: neither WhatsApp nor the phone has it; other errors: try again
 */
export const downloadVerified = async (
  socket: Pick<WASocket, 'updateMediaMessage'>,
  message: WAMessage,
  download: MediaDownload,
): Promise<Readable> => {
  const { fileSha256 } = mediaOf(message)
  const stream = await open(message, download).catch(async (error: unknown) => {
    const status = (error as { output?: { statusCode?: unknown } } | null)?.output?.statusCode
    if (!GONE.has(status)) throw error
    return open(await askPhone(socket, message, download.reuploadTimeoutMs ?? REUPLOAD_TIMEOUT_MS), download)
  })
  const verified = verifying(fileSha256, download.maxBytes)
  stream.on('error', (error) => verified.destroy(error))
  verified.on('close', () => stream.destroy())
  return stream.pipe(verified)
}
