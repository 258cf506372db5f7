import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import {
  DEFAULT_ORIGIN,
  extractMessageContent,
  getContentType,
  getUrlFromDirectPath,
  type MediaType,
  type WAMessage,
  type WASocket,
} from '@whiskeysockets/baileys'
import { ENCRYPTION_OVERHEAD_BYTES } from '../../media/file-keys.ts'
import type { DownloadedFile } from '../content/downloaded-file.ts'
import { deriveFileKeys } from '../content/file-keys.ts'
import { WhatsAppError } from '../errors.ts'

/**
 * Symptom: media older than some days cannot be downloaded, although the phone still has it, and a changed file is taken
 * for the real one. rc14's re-upload never fires: it looks for `error.status`, but the download throws a Boom, whose
 * status is in `output.statusCode`; when it is asked for anyway it waits for ever for a phone that is off; and the stream
 * checks neither MAC nor SHA-256 (baileys-facts §4; https://github.com/WhiskeySockets/Baileys/issues/2767). Ours fetches
 * the bytes as they are; media/decrypt-file.ts opens and checks them, away from the sessions.
 */
const GONE: ReadonlySet<number> = new Set([404, 410])
const REUPLOAD_TIMEOUT_MS = 30_000
const REDIRECTS_AT_MOST = 3

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
  readonly directPath?: string | null
  readonly mediaKey?: Uint8Array | null
  readonly fileSha256?: Uint8Array | null
}

const isWhatsAppHost = ({ protocol, hostname, port, username }: URL): boolean =>
  protocol === 'https:' &&
  port === '' &&
  username === '' &&
  (hostname === 'whatsapp.net' || hostname.endsWith('.whatsapp.net'))

const mediaOf = (message: WAMessage): { media: MediaContent; type: MediaType } => {
  const content = extractMessageContent(message.message)
  const name = content && getContentType(content)
  const media = name ? (content[name] as MediaContent) : undefined
  if (!name || !media || typeof media !== 'object') throw new WhatsAppError('media_gone', 'the message has no media')
  return { media, type: name.replace('Message', '') as MediaType }
}

/** Path and host are the sender's word: what comes out of both together is judged, as fetch will understand it. */
const addressOf = ({ url, directPath }: MediaContent, isAllowed: (url: URL) => boolean): URL => {
  const host = url && URL.canParse(url) ? new URL(url).host : undefined
  const text = directPath ? getUrlFromDirectPath(directPath, host) : (url ?? '')
  const address = URL.canParse(text) ? new URL(text) : null
  if (!address || !isAllowed(address) || (url && !(URL.canParse(url) && isAllowed(new URL(url)))))
    throw new WhatsAppError('media_gone', 'the media lies on a host that is not WhatsApp’s')
  return address
}

class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  constructor(status: number) {
    super(`the media host answered ${status}`)
    this.status = status
  }
}

/** Every address on the way is judged, not only the first. @throws HttpError */
const open = async (first: URL, dispatcher: unknown, isAllowed: (url: URL) => boolean): Promise<ReadableStream> => {
  const options = { headers: { Origin: DEFAULT_ORIGIN }, redirect: 'manual', ...(dispatcher ? { dispatcher } : {}) }
  let address = first
  for (let hop = 0; ; hop++) {
    const response = await fetch(address, options as RequestInit)
    if (response.ok && response.body) return response.body as ReadableStream
    await response.body?.cancel()
    const location = response.headers.get('location')
    if (!location || hop >= REDIRECTS_AT_MOST || !URL.canParse(location, address)) throw new HttpError(response.status)
    address = new URL(location, address)
    if (!isAllowed(address))
      throw new WhatsAppError('media_gone', 'the media host points to a host that is not WhatsApp’s')
  }
}

const save = async (message: WAMessage, path: string, download: MediaDownload): Promise<void> => {
  const { dispatcher, isAllowed = isWhatsAppHost, maxBytes } = download
  const body = await open(addressOf(mediaOf(message).media, isAllowed), dispatcher, isAllowed)
  const limit = maxBytes + ENCRYPTION_OVERHEAD_BYTES
  let bytes = 0
  await pipeline(
    Readable.fromWeb(body),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        bytes += chunk.length
        if (bytes > limit) throw new WhatsAppError('media_too_large', `the media is larger than ${maxBytes} bytes`)
        yield chunk
      }
    },
    createWriteStream(path),
  )
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

/**
 * The file of a media message, encrypted as it lies there, into `path`; and what opens it.
 * @throws WhatsAppError media_gone: neither WhatsApp nor the phone has it; media_too_large; other errors: try again
 */
export const downloadEncrypted = async (
  socket: Pick<WASocket, 'updateMediaMessage'>,
  message: WAMessage,
  path: string,
  download: MediaDownload,
): Promise<DownloadedFile> => {
  const { media, type } = mediaOf(message)
  if (!media.mediaKey?.length) throw new WhatsAppError('media_gone', 'the message has no key for its media')
  const keys = await deriveFileKeys(media.mediaKey, type)
  const sha256 = media.fileSha256?.length ? media.fileSha256 : null
  await save(message, path, download).catch(async (error: unknown) => {
    if (!(error instanceof HttpError && GONE.has(error.status))) throw error
    await save(await askPhone(socket, message, download.reuploadTimeoutMs ?? REUPLOAD_TIMEOUT_MS), path, download)
  })
  return { keys, sha256 }
}
