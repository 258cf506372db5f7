import { crc32, deflateSync } from 'node:zlib'
import { create } from 'qrcode/lib/core/qrcode.js'

/** Quiet zone of four modules, as scanners expect it. */
const MARGIN_MODULES = 4
const MODULE_PIXELS = 6

/** Only the encoder of the qrcode package: its own PNG writer would be 40 KiB more of a lambda's bundle. */
const readModules = (text: string): { size: number; isDark: (row: number, column: number) => boolean } => {
  // L keeps the long text of WhatsApp's QR coarse enough for cameras.
  const { modules } = create(text, { errorCorrectionLevel: 'L' })
  return { size: modules.size, isDark: (row, column) => Boolean(modules.data[row * modules.size + column]) }
}

/** @returns an SVG document of one path; it scales to whatever box it is put in */
export const drawQrSvg = (text: string): string => {
  const { size, isDark } = readModules(text)
  const runs: string[] = []
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      if (!isDark(row, column)) continue
      const start = column
      while (column + 1 < size && isDark(row, column + 1)) column++
      runs.push(`M${start + MARGIN_MODULES} ${row + MARGIN_MODULES}.5h${column - start + 1}`)
    }
  const side = size + 2 * MARGIN_MODULES
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">` +
    `<path fill="#ffffff" d="M0 0h${side}v${side}H0z"/><path stroke="#000000" d="${runs.join('')}"/></svg>\n`
  )
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

const pngChunk = (type: string, data: Buffer): Buffer => {
  const content = Buffer.concat([Buffer.from(type, 'ascii'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(content), 4)
  return Buffer.concat([frame.subarray(0, 4), content, frame.subarray(4)])
}

/** @returns a black-and-white PNG (1 bit per pixel), six pixels per module */
export const drawQrPng = (text: string): Buffer => {
  const { size, isDark } = readModules(text)
  const side = (size + 2 * MARGIN_MODULES) * MODULE_PIXELS
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  // Bit depth 1, grey; compression, filter and interlace are the defaults (0).
  header[8] = 1
  const lineBytes = 1 + Math.ceil(side / 8)
  const pixels = Buffer.alloc(side * lineBytes, 0xff)
  for (let y = 0; y < side; y++) {
    pixels[y * lineBytes] = 0
    const row = Math.floor(y / MODULE_PIXELS) - MARGIN_MODULES
    if (row < 0 || row >= size) continue
    for (let x = 0; x < side; x++) {
      const column = Math.floor(x / MODULE_PIXELS) - MARGIN_MODULES
      if (column < 0 || column >= size || !isDark(row, column)) continue
      const at = y * lineBytes + 1 + (x >> 3)
      pixels[at] = pixels[at]! & ~(0x80 >> (x & 7))
    }
  }
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(pixels)),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}
