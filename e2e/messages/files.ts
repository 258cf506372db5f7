import { randomBytes } from 'node:crypto'

/** Files that are what their first bytes say, of any size. The rest is noise: nobody decodes it. */
const padded = (head: readonly number[] | Buffer, size: number): Buffer =>
  Buffer.concat([Buffer.from(head), randomBytes(Math.max(0, size - head.length))])

const u24 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff]

export const jpeg = (size = 5_000): Buffer => padded([0xff, 0xd8, 0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0')], size)
export const mp4 = (size = 9_000): Buffer => padded(Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1'), size)
export const mp3 = (size = 7_000): Buffer => padded(Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1'), size)
export const opus = (size = 6_000): Buffer =>
  padded(
    Buffer.concat([Buffer.from('OggS\0\x02', 'latin1'), Buffer.alloc(22), Buffer.from('OpusHead\x01\x01', 'latin1')]),
    size,
  )
export const pdf = (size = 4_000): Buffer => padded(Buffer.from('%PDF-1.7\n'), size)
export const webp = (pixels = 512, size = 3_000): Buffer =>
  padded(
    Buffer.concat([
      Buffer.from('RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0', 'latin1'),
      Buffer.from([...u24(pixels - 1), ...u24(pixels - 1)]),
    ]),
    size,
  )
