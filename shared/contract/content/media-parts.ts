import * as z from 'zod'
import { CONTENT_LIMITS as LIMITS, MEDIA_RULES, type MediaKind } from '../../core/content-limits.ts'
import { thumbnailInput, wellFormed } from './parts.ts'

/** Which file: one of these two. */
const file = {
  mediaId: z.string().min(1).max(64).nullish().meta({
    description: 'A file that was uploaded (POST /v1/media), received, or sent before',
    example: 'med_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S',
  }),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .nullish()
    .meta({
      description: 'Fetched by the platform when the message is accepted; private addresses are refused',
    }),
  mimetype: z
    .string()
    .min(3)
    .max(100)
    .regex(/^[\w.+-]+\/[\w.+-]+(\s*;.*)?$/, 'Not a media type')
    .nullish()
    .meta({
      description: 'What the file is; its first bytes must agree. Default: what the file was stored as',
    }),
  sizeBytes: z.number().int().nullish().meta({ description: 'In answers; ignored in requests' }),
  sha256: z.string().max(100).nullish().meta({ description: 'In answers (hex); ignored in requests' }),
  status: z.string().max(20).nullish().meta({
    description: 'In answers: `stored`, `pending` while a received file is fetched, `unavailable`; ignored in requests',
  }),
}
const caption = { caption: wellFormed(z.string().max(LIMITS.captionCharacters)).nullish() }
const viewOnce = { viewOnce: z.boolean().nullish() }
const thumbnail = { thumbnail: thumbnailInput.nullish() }
const pixels = z.number().int().min(1).max(20_000).nullish()
const size = { width: pixels, height: pixels }
const seconds = { seconds: z.number().min(0).max(86_400).nullish() }

const oneFile = <T extends z.ZodObject>(schema: T) =>
  schema.refine((part) => Boolean(part.mediaId) !== Boolean(part.url), 'Exactly one of mediaId and url')

const describe = (kind: MediaKind): string => {
  const { maximumBytes, mimetypes } = MEDIA_RULES[kind]
  const bytes = maximumBytes >= 1024 * 1024 ? `${maximumBytes / 1024 / 1024} MiB` : `${maximumBytes / 1024} KiB`
  return `${mimetypes.includes('*') ? 'Any type' : mimetypes.join(', ')}; at most ${bytes}`
}
const example = { mediaId: 'med_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S' }

export const imagePart = oneFile(z.strictObject({ ...file, ...caption, ...viewOnce, ...thumbnail, ...size })).meta({
  id: 'ImageContent',
  description: describe('image'),
  example: { ...example, caption: 'Look' },
})
export const videoPart = oneFile(
  z.strictObject({ ...file, ...caption, ...viewOnce, ...thumbnail, ...size, ...seconds, gif: z.boolean().nullish() }),
).meta({ id: 'VideoContent', description: describe('video'), example })
export const audioPart = oneFile(z.strictObject({ ...file, ...seconds })).meta({
  id: 'AudioContent',
  description: describe('audio'),
  example,
})
export const voicePart = oneFile(
  z.strictObject({
    ...file,
    ...viewOnce,
    ...seconds,
    waveform: z.array(z.number().int().min(0).max(100)).max(LIMITS.waveformBars).nullish().meta({
      description: 'Up to 64 bars of 0–100. Default: drawn from the file',
    }),
  }),
).meta({ id: 'VoiceContent', description: `Opus in Ogg, mono. ${describe('voice')}`, example })
export const documentPart = oneFile(
  z.strictObject({
    ...file,
    ...caption,
    ...thumbnail,
    fileName: wellFormed(z.string().min(1).max(LIMITS.fileNameCharacters)).nullish(),
    pageCount: z.number().int().min(0).max(1_000_000).nullish(),
  }),
).meta({ id: 'DocumentContent', description: describe('document'), example: { ...example, fileName: 'invoice.pdf' } })
export const stickerPart = oneFile(z.strictObject({ ...file, ...size, animated: z.boolean().nullish() })).meta({
  id: 'StickerContent',
  description: `512 × 512 pixels. ${describe('sticker')}`,
  example,
})
