import { type FileHandle, open } from 'node:fs/promises'

interface Box {
  readonly type: string
  readonly start: number
  readonly end: number
}

const HEADER_BYTES = 8
const LARGE_HEADER_BYTES = 16
/** of a file that somebody made to keep us busy */
const BOXES_AT_MOST = 500
/** enough of the movie header of version 0 or 1 */
const MVHD_BYTES = 32
/** the track header of version 1; that of version 0 is shorter. Both end with the matrix and the size */
const TKHD_BYTES = 96
const SIZE_TAIL_BYTES = 44

export interface Mp4Facts {
  readonly seconds?: number
  readonly width?: number
  readonly height?: number
}

/**
 * What an MP4 or 3GP says about itself (ISO/IEC 14496-12): how long it is, and width and height of its first track with
 * pictures, turned as it is shown. Empty when the file is of another kind.
 */
export const readMp4Facts = async (path: string): Promise<Mp4Facts> => {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const moov = (await listBoxes(file, 0, size)).find(({ type }) => type === 'moov')
    if (!moov) return {}
    const boxes = await listBoxes(file, moov.start, moov.end)
    const seconds = await readSeconds(file, boxes)
    return { ...(seconds ? { seconds } : {}), ...(await readShownSize(file, boxes)) }
  } finally {
    await file.close()
  }
}

const readSeconds = async (file: FileHandle, boxes: readonly Box[]): Promise<number | null> => {
  const box = boxes.find(({ type }) => type === 'mvhd')
  const header = box && (await read(file, box.start, Math.min(box.end - box.start, MVHD_BYTES)))
  if (!header || header.length < MVHD_BYTES) return null
  const isLong = header[0] === 1
  const ticks = isLong ? Number(header.readBigUInt64BE(24)) : header.readUInt32BE(16)
  const perSecond = header.readUInt32BE(isLong ? 20 : 12)
  return perSecond > 0 ? ticks / perSecond : null
}

const readShownSize = async (file: FileHandle, boxes: readonly Box[]): Promise<Mp4Facts> => {
  for (const track of boxes) {
    if (track.type !== 'trak') continue
    const box = (await listBoxes(file, track.start, track.end)).find(({ type }) => type === 'tkhd')
    const found = box && shownSize(await read(file, box.start, Math.min(box.end - box.start, TKHD_BYTES)))
    if (found) return found
  }
  return {}
}

const listBoxes = async (file: FileHandle, from: number, to: number): Promise<Box[]> => {
  const boxes: Box[] = []
  let at = from
  while (at + HEADER_BYTES <= to && boxes.length < BOXES_AT_MOST) {
    const header = await read(file, at, LARGE_HEADER_BYTES)
    if (header.length < HEADER_BYTES) break
    const short = header.readUInt32BE(0)
    const isLarge = short === 1 && header.length === LARGE_HEADER_BYTES
    const length = isLarge ? Number(header.readBigUInt64BE(8)) : short === 0 ? to - at : short
    const headerBytes = isLarge ? LARGE_HEADER_BYTES : HEADER_BYTES
    if (length < headerBytes || at + length > to) break
    boxes.push({ type: header.toString('latin1', 4, 8), start: at + headerBytes, end: at + length })
    at += length
  }
  return boxes
}

/** 9 numbers of the matrix, then width and height, both 16.16. */
const shownSize = (header: Buffer): { width: number; height: number } | null => {
  if (header.length < SIZE_TAIL_BYTES) return null
  const tail = header.subarray(header.length - SIZE_TAIL_BYTES)
  const isTurned = tail.readInt32BE(0) === 0 && tail.readInt32BE(16) === 0
  const [width, height] = [tail.readUInt32BE(36) >>> 16, tail.readUInt32BE(40) >>> 16]
  if (width === 0 || height === 0) return null
  return isTurned ? { width: height, height: width } : { width, height }
}

const read = async (file: FileHandle, at: number, bytes: number): Promise<Buffer> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, at)
  return buffer.subarray(0, bytesRead)
}
