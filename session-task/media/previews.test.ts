import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { bombPng, mp4Facts, realJpeg, realMp3, realOpus, turnedJpeg } from '../../e2e/messages/real-files.ts'
import { makeMediaHelpers } from './media-helpers.ts'
import type { Look } from './preview.ts'

/** Through the process that does it in a worker. */
const folder = mkdtempSync(join(tmpdir(), 'fleetline-test-'))
const helpers = makeMediaHelpers()
afterAll(() => {
  helpers.stop()
  rmSync(folder, { recursive: true })
})
let count = 0
const fileOf = (bytes: Uint8Array): string => {
  const path = join(folder, `file-${++count}`)
  writeFileSync(path, bytes)
  return path
}
const preview = async (look: Look, bytes: Uint8Array) =>
  (await helpers.previews.run('preview', { look, path: fileOf(bytes) })).preview
const sizeOf = async (base64: string | undefined) => {
  const { format, width, height } = await sharp(Buffer.from(base64 ?? '', 'base64')).metadata()
  return { format, width, height }
}

describe('an image', () => {
  it.each([
    ['JPEG', () => realJpeg(800, 400)],
    [
      'PNG',
      () =>
        sharp({ create: { width: 800, height: 400, channels: 4, background: '#ff000080' } })
          .png()
          .toBuffer(),
    ],
    [
      'WebP',
      () =>
        sharp({ create: { width: 800, height: 400, channels: 3, background: '#00ff00' } })
          .webp()
          .toBuffer(),
    ],
  ])('%s: its size, and a small JPEG of it', async (_name, make) => {
    const { thumbnail, ...size } = await preview('image', await make())
    expect(size).toEqual({ width: 800, height: 400 })
    expect(await sizeOf(thumbnail)).toEqual({ format: 'jpeg', width: 100, height: 50 })
  })

  it('that was taken upright is shown upright', async () => {
    const { thumbnail, ...size } = await preview('image', await turnedJpeg(300, 600))
    expect(size).toEqual({ width: 300, height: 600 })
    expect(await sizeOf(thumbnail)).toMatchObject({ width: 50, height: 100 })
  })

  it('that would fill the memory is not opened', async () => {
    const bytes = await bombPng(20_000)
    expect(bytes.length).toBeLessThan(100_000)
    await expect(preview('image', bytes)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('pixel limit'),
    })
  })

  it.each([
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ['a text', 'hello'],
    ['nothing', ''],
  ])('that is %s is not opened', async (_name, text) => {
    await expect(preview('image', Buffer.from(text))).rejects.toMatchObject({ code: 'failed' })
  })
})

describe('a video', () => {
  it('says its size and how long it is', async () => {
    const facts = { width: 1_280, height: 720, seconds: 7 }
    expect(await preview('video', mp4Facts(facts))).toEqual(facts)
  })

  it('that was taken upright has its size as it is shown', async () => {
    const facts = { width: 720, height: 1_280, seconds: 3 }
    expect(await preview('video', mp4Facts({ ...facts, turned: true }))).toEqual(facts)
  })

  it('that is cut short anywhere is an error or an answer, never a hang', async () => {
    const whole = mp4Facts({ width: 640, height: 360, seconds: 2 })
    for (let end = 0; end < whole.length; end += 97)
      await preview('video', whole.subarray(0, end)).catch((error) => expect(error).toMatchObject({ code: 'failed' }))
  })
})

describe('sound', () => {
  it('audio: how long it is', async () => {
    expect((await preview('audio', realMp3(5))).seconds).toBeCloseTo(5, 0)
  })

  it('a voice note: how long it is, and 64 bars that are high where it is loud', async () => {
    const { seconds, waveform = [] } = await preview(
      'voice',
      realOpus(8, (second) => second < 4),
    )
    expect(seconds).toBeCloseTo(8, 1)
    expect(waveform).toHaveLength(64)
    expect(Math.max(...waveform)).toBe(100)
    expect(Math.min(...waveform.slice(0, 31))).toBeGreaterThan(30)
    expect(Math.max(...waveform.slice(36))).toBeLessThan(5)
  })

  it('a silent note has no bars', async () => {
    expect(
      await preview(
        'voice',
        realOpus(2, () => false),
      ),
    ).toEqual({ seconds: expect.closeTo(2, 1) })
  })
})

it('a picture of a profile is a square JPEG', async () => {
  const bytes = await helpers.previews.run('picture', { path: fileOf(await turnedJpeg(900, 1_600)), sidePixels: 640 })
  expect(await sizeOf(Buffer.from(bytes).toString('base64'))).toEqual({ format: 'jpeg', width: 640, height: 640 })
})
