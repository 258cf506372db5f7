import { createRequire } from 'node:module'
import QRCode from 'qrcode'
import { describe, expect, it } from 'vitest'
import { drawQrPng, drawQrSvg } from './draw-qr.ts'

/** The PNG reader that the qrcode package brings. */
const { PNG } = createRequire(import.meta.resolve('qrcode'))('pngjs')

/** As long as WhatsApp's. */
const TEXT = `https://wa.me/settings/linked_devices#2@${'aB3/+='.repeat(36)}`
const DRAWING = { margin: 4, errorCorrectionLevel: 'L', scale: 6 } as const

describe('pictures of a QR code', () => {
  it.each([TEXT, '1', 'ü🚀'])('PNG: pixel by pixel what the qrcode package draws', async (text) => {
    const ours = PNG.sync.read(drawQrPng(text))
    const theirs = PNG.sync.read(await QRCode.toBuffer(text, { ...DRAWING, type: 'png' }))
    expect([ours.width, ours.height]).toEqual([theirs.width, theirs.height])
    expect(ours.data.equals(theirs.data)).toBe(true)
  })

  it('PNG: small (one bit per pixel)', () => {
    expect(drawQrPng(TEXT).length).toBeLessThan(4_000)
  })

  it.each([TEXT, '1'])('SVG: the same modules as the package draws', async (text) => {
    expect(darkModules(drawQrSvg(text))).toEqual(darkModules(await QRCode.toString(text, { ...DRAWING, type: 'svg' })))
  })
})

/** Reads M (absolute), m (relative) and h of the one drawn path: 'x,y' of every dark module. */
const darkModules = (svg: string): readonly string[] => {
  const path = /stroke="#000000" d="([^"]+)"/.exec(svg)![1]!
  const dark: string[] = []
  let [x, y] = [0, 0]
  for (const [, command, first, second] of path.matchAll(/([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?/g)) {
    if (command === 'M') [x, y] = [Number(first), Number(second)]
    else if (command === 'm') x += Number(first)
    else for (const end = x + Number(first); x < end; x++) dark.push(`${x},${y}`)
  }
  return dark.sort()
}
