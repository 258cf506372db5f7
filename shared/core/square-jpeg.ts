const START_OF_IMAGE = 0xffd8
const MARKER = 0xff
/** Segments that hold height and width (SOF0 … SOF15 without DHT, JPG and DAC). */
const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

/** Width and height of a JPEG from its headers; null when the bytes are none. */
export const jpegSizeOf = (bytes: Uint8Array): { width: number; height: number } | null => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 4 || view.getUint16(0) !== START_OF_IMAGE) return null
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (view.getUint8(at) !== MARKER) return null
    const marker = view.getUint8(at + 1)
    // Fill bytes may stand before a marker.
    if (marker === MARKER) {
      at++
      continue
    }
    if (isFrameHeader(marker)) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
    at += 2 + view.getUint16(at + 2)
  }
  return null
}

export interface PictureLimits {
  readonly sideMin: number
  readonly sideMax: number
  readonly bytesMax: number
}

/** What is wrong with a profile picture, in words that say what to send; null when nothing is. */
export const pictureProblem = (bytes: Uint8Array, { sideMin, sideMax, bytesMax }: PictureLimits): string | null => {
  if (bytes.length > bytesMax) return `The picture has ${bytes.length} bytes; at most ${bytesMax}`
  const size = jpegSizeOf(bytes)
  if (!size) return 'Not a JPEG'
  const { width, height } = size
  if (width !== height) return `The picture is ${width} × ${height}: it has to be square`
  return width < sideMin || width > sideMax ? `The picture has ${width} pixels a side: ${sideMin} to ${sideMax}` : null
}
