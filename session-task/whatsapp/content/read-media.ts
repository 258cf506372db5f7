import type { MediaKind } from '../../../shared/core/content-limits.ts'
import type { MessageJson } from './message-json.ts'

const FIELDS: readonly (readonly [field: string, kind: MediaKind])[] = [
  ['imageMessage', 'image'],
  ['videoMessage', 'video'],
  ['ptvMessage', 'video'],
  ['audioMessage', 'audio'],
  ['documentMessage', 'document'],
  ['stickerMessage', 'sticker'],
]

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const count = (value: unknown): number | null => (Number(value) > 0 ? Number(value) : null)

/** Of a message with a file, what it says about the file; the file itself is fetched later. */
export const readMedia = (message: MessageJson, isViewOnce: boolean) => {
  const found = FIELDS.find(([field]) => message[field] != null && typeof message[field] === 'object')
  if (!found) return null
  const media = message[found[0]] as MessageJson
  const kind: MediaKind = found[1] === 'audio' && media.ptt === true ? 'voice' : found[1]
  const sha256 = text(media.fileSha256)
  const waveform = text(media.waveform)
  const part = {
    mimetype: text(media.mimetype),
    sizeBytes: count(media.fileLength),
    sha256: sha256 && Buffer.from(sha256, 'base64').toString('hex'),
    caption: text(media.caption),
    fileName: kind === 'document' ? (text(media.fileName) ?? text(media.title)) : null,
    pageCount: count(media.pageCount),
    seconds: count(media.seconds),
    width: count(media.width),
    height: count(media.height),
    waveform: waveform && [...Buffer.from(waveform, 'base64')].map((bar) => Math.min(bar, 100)),
    viewOnce: isViewOnce || media.viewOnce === true ? true : null,
    animated: media.isAnimated === true ? true : null,
    gif: media.gifPlayback === true ? true : null,
  }
  const said = Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null))
  return { type: kind, part: { [kind]: said }, keepsProto: true }
}
