/** Bytes of the beginning that sniffMedia wants to see. */
export const SNIFF_BYTES = 4_096

export interface Sniffed {
  readonly mimetype: string
  readonly width?: number
  readonly height?: number
  readonly animated?: boolean
}

const ascii = (bytes: Uint8Array, from: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(from, from + length))
const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
const u24 = (bytes: Uint8Array, at: number): number => u16(bytes, at) | ((bytes[at + 2] ?? 0) << 16)

/** Brands of ISO media files (ISO/IEC 14496-12). */
const brandType = (brand: string): string => {
  if (brand.startsWith('3g')) return 'video/3gpp'
  if (brand === 'qt  ') return 'video/quicktime'
  if (brand === 'M4A ' || brand === 'M4B ') return 'audio/mp4'
  return ['heic', 'heix', 'mif1'].includes(brand) ? 'image/heic' : 'video/mp4'
}

/** Size and kind of a WebP picture (https://developers.google.com/speed/webp/docs/riff_container). */
const sniffWebp = (bytes: Uint8Array): Sniffed => {
  const base = { mimetype: 'image/webp' }
  switch (ascii(bytes, 12, 4)) {
    case 'VP8X':
      return {
        ...base,
        width: u24(bytes, 24) + 1,
        height: u24(bytes, 27) + 1,
        animated: ((bytes[20] ?? 0) & 2) !== 0,
      }
    case 'VP8 ':
      return { ...base, width: u16(bytes, 26) & 0x3fff, height: u16(bytes, 28) & 0x3fff, animated: false }
    case 'VP8L': {
      const packed = (u16(bytes, 21) | (u16(bytes, 23) << 16)) >>> 0
      return { ...base, width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1, animated: false }
    }
    default:
      return base
  }
}

/** What a file is by its first bytes; null: nothing that is known here. */
export const sniffMedia = (bytes: Uint8Array): Sniffed | null => {
  const starts = (...values: number[]) => values.every((value, index) => bytes[index] === value)
  if (starts(0xff, 0xd8, 0xff)) return { mimetype: 'image/jpeg' }
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return { mimetype: 'image/png' }
  if (ascii(bytes, 0, 4) === 'GIF8') return { mimetype: 'image/gif' }
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 4) === 'WEBP') return sniffWebp(bytes)
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 4) === 'WAVE') return { mimetype: 'audio/wav' }
  if (ascii(bytes, 4, 4) === 'ftyp') return { mimetype: brandType(ascii(bytes, 8, 4)) }
  if (ascii(bytes, 0, 4) === 'OggS') return { mimetype: 'audio/ogg' }
  if (ascii(bytes, 0, 3) === 'ID3') return { mimetype: 'audio/mpeg' }
  if (ascii(bytes, 0, 5) === '#!AMR') return { mimetype: 'audio/amr' }
  if (ascii(bytes, 0, 5) === '%PDF-') return { mimetype: 'application/pdf' }
  if (starts(0x1a, 0x45, 0xdf, 0xa3)) return { mimetype: 'video/webm' }
  // MPEG audio without a tag, then AAC in ADTS: both begin with eleven or twelve ones
  if (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xf6) === 0xf0) return { mimetype: 'audio/aac' }
  if (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe6) === 0xe2) return { mimetype: 'audio/mpeg' }
  return null
}

/** An Ogg stream that holds Opus, which voice notes must be. */
export const isOpus = (bytes: Uint8Array): boolean => ascii(bytes, 0, 512).includes('OpusHead')

const SAME: Readonly<Record<string, readonly string[]>> = {
  'video/mp4': ['video/mp4', 'audio/mp4', 'video/3gpp'],
  'audio/mp4': ['audio/mp4', 'video/mp4'],
}

/** Does what the bytes are fit what they are called? One container may hold either sound or pictures. */
export const fitsSniffed = (claimed: string, sniffed: Sniffed | null): boolean => {
  if (!sniffed) return false
  return claimed === sniffed.mimetype || (SAME[sniffed.mimetype]?.includes(claimed) ?? false)
}
