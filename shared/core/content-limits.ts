/** Limits of what a message may hold; the same for the contract, the docs and the worker. */
export const CONTENT_LIMITS = {
  textCharacters: 65_536,
  captionCharacters: 1_024,
  previewTitleCharacters: 300,
  previewDescriptionCharacters: 1_000,
  /** a JPEG that is shown before the file is loaded; it travels inside of the message */
  thumbnailBytes: 32 * 1024,
  placeCharacters: 1_000,
  contacts: 257,
  cardCharacters: 20_000,
  pollNameCharacters: 255,
  pollOptions: { minimum: 2, maximum: 12 },
  pollOptionCharacters: 100,
  mentions: 1_024,
  audience: 256,
  fileNameCharacters: 240,
  stickerPixels: 512,
  /** bars of a voice note, each 0–100 */
  waveformBars: 64,
  /** other clients ignore an edit that comes later */
  editWindowMs: 15 * 60_000,
} as const

export type MediaKind = 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker'

const MEBIBYTE = 1024 * 1024

/** What a file of a kind may be: WhatsApp's own clients show nothing else. `*` takes any type. */
export const MEDIA_RULES: Readonly<Record<MediaKind, { maximumBytes: number; mimetypes: readonly string[] }>> = {
  image: { maximumBytes: 16 * MEBIBYTE, mimetypes: ['image/jpeg', 'image/png', 'image/webp'] },
  video: { maximumBytes: 64 * MEBIBYTE, mimetypes: ['video/mp4', 'video/3gpp'] },
  audio: { maximumBytes: 16 * MEBIBYTE, mimetypes: ['audio/mpeg', 'audio/mp4', 'audio/aac', 'audio/amr', 'audio/ogg'] },
  voice: { maximumBytes: 16 * MEBIBYTE, mimetypes: ['audio/ogg'] },
  document: { maximumBytes: 100 * MEBIBYTE, mimetypes: ['*'] },
  sticker: { maximumBytes: 512 * 1024, mimetypes: ['image/webp'] },
}

/** Does a message of this type have a file? */
export const isMediaKind = (type: string): type is MediaKind => Object.hasOwn(MEDIA_RULES, type)

/** Largest file that any kind may be. */
export const LARGEST_MEDIA_BYTES: number = Math.max(
  ...Object.values(MEDIA_RULES).map(({ maximumBytes }) => maximumBytes),
)

/** Without parameters, in lower case: `audio/ogg; codecs=opus` → `audio/ogg`. */
export const bareMimetype = (mimetype: string): string => (mimetype.split(';')[0] ?? '').trim().toLowerCase()

export const allowsMimetype = (kind: MediaKind, mimetype: string): boolean => {
  const { mimetypes } = MEDIA_RULES[kind]
  return mimetypes.includes('*') || mimetypes.includes(bareMimetype(mimetype))
}
