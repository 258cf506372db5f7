import { crc32 } from 'node:zlib'
import sharp from 'sharp'

/** Files that decoders take: made here, so that nothing binary lies in the repository. */

export const realJpeg = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 30, b: 30 } } })
    .jpeg()
    .toBuffer()

/** Taken with the camera held upright: its pixels lie on the side, EXIF says so. */
export const turnedJpeg = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width: height, height: width, channels: 3, background: '#2050d0' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()

/** Some bytes whose header promises `side` × `side` pixels. */
export const bombPng = async (side: number): Promise<Buffer> => {
  const small = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#000000' } })
    .png()
    .toBuffer()
  const [headerAt, headerBytes] = [12, 17]
  small.writeUInt32BE(side, headerAt + 4)
  small.writeUInt32BE(side, headerAt + 8)
  small.writeUInt32BE(crc32(small.subarray(headerAt, headerAt + headerBytes)), headerAt + headerBytes)
  return small
}

const box = (type: string, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const header = Buffer.alloc(8)
  header.writeUInt32BE(body.length + 8)
  header.write(type, 4, 'latin1')
  return Buffer.concat([header, body])
}
const u32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value | 0, index * 4)
  return bytes
}
const ONE = 0x10000
const UPRIGHT = [ONE, 0, 0, 0, ONE, 0, 0, 0, 0x40000000]
const TURNED = [0, ONE, 0, -ONE, 0, 0, 0, 0, 0x40000000]

/** An MP4 whose boxes say what a video would say; it has no frames. */
export const mp4Facts = (facts: { width: number; height: number; seconds: number; turned?: boolean }): Buffer => {
  const { width, height, seconds, turned = false } = facts
  const matrix = turned ? TURNED : UPRIGHT
  const mvhd = box(
    'mvhd',
    u32(0, 0, 0, 1_000, seconds * 1_000, ONE, 0x01000000, 0, 0, ...UPRIGHT),
    u32(0, 0, 0, 0, 0, 0, 2),
  )
  const size = turned ? [height * ONE, width * ONE] : [width * ONE, height * ONE]
  const tkhd = box('tkhd', u32(7, 0, 0, 1, 0, seconds * 1_000, 0, 0, 0, 0, ...matrix, ...size))
  const ftyp = box('ftyp', Buffer.from('mp42\0\0\0\0mp42isom', 'latin1'))
  return Buffer.concat([ftyp, box('mdat', Buffer.alloc(2_000)), box('moov', mvhd, box('trak', tkhd))])
}

/** Frames of MPEG-1 layer 3, 128 kbit/s, 44,100 Hz: silence. */
export const realMp3 = (seconds: number): Buffer => {
  const frame = Buffer.alloc(417)
  frame.set([0xff, 0xfb, 0x90, 0xc0])
  return Buffer.concat(Array.from({ length: Math.ceil((seconds * 44_100) / 1_152) }, () => frame))
}

const FRAMES_PER_SECOND = 50
const SAMPLES_PER_FRAME = 960
/** CELT, full band, 20 ms, mono, one frame */
const LOUD_TOC = 0xf8
const LOUD_SEED = 7_919
/** the same, and the flag of a silent frame */
const SILENCE = [LOUD_TOC, 0xff, 0xfe]

/** A number that looks random and is the same every time. */
const noise = (length: number, seed: number): Buffer => {
  let state = seed | 1
  return Buffer.from(
    Array.from({ length }, () => {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
      return (state >>> 24) & 0xff
    }),
  )
}

/**
 * A voice note. Opus decodes any bytes to some sound: noise while `isLoud`, else silence.
 * @param isLoud by the second
 */
export const realOpus = (seconds: number, isLoud: (second: number) => boolean): Buffer => {
  const packets = Array.from({ length: seconds * FRAMES_PER_SECOND }, (_, index) =>
    isLoud(Math.floor(index / FRAMES_PER_SECOND))
      ? Buffer.concat([Buffer.from([LOUD_TOC]), noise(60, LOUD_SEED)])
      : Buffer.from(SILENCE),
  )
  const head = Buffer.concat([
    Buffer.from('OpusHead\x01\x01', 'latin1'),
    Buffer.from([0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0]),
  ])
  const tags = Buffer.concat([
    Buffer.from('OpusTags', 'latin1'),
    Buffer.from([4, 0, 0, 0]),
    Buffer.from('test'),
    Buffer.alloc(4),
  ])
  const pages = [page([head], { flags: 2, granule: 0, index: 0 }), page([tags], { flags: 0, granule: 0, index: 1 })]
  for (let start = 0; start < packets.length; start += FRAMES_PER_SECOND) {
    const some = packets.slice(start, start + FRAMES_PER_SECOND)
    const granule = (start + some.length) * SAMPLES_PER_FRAME
    const flags = start + some.length === packets.length ? 4 : 0
    pages.push(page(some, { flags, granule, index: pages.length }))
  }
  return Buffer.concat(pages)
}

/** One page of Ogg (RFC 3533) with whole packets of less than 255 bytes. */
const page = (
  packets: readonly Buffer[],
  { flags, granule, index }: { flags: number; granule: number; index: number },
): Buffer => {
  const header = Buffer.alloc(27)
  header.write('OggS', 0, 'latin1')
  header[5] = flags
  header.writeBigUInt64LE(BigInt(granule), 6)
  header.writeUInt32LE(1, 14)
  header.writeUInt32LE(index, 18)
  header[26] = packets.length
  const whole = Buffer.concat([header, Buffer.from(packets.map(({ length }) => length)), ...packets])
  whole.writeUInt32LE(oggChecksum(whole), 22)
  return whole
}

const oggChecksum = (bytes: Uint8Array): number => {
  let sum = 0
  for (const byte of bytes) {
    sum ^= byte << 24
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1
  }
  return sum >>> 0
}
