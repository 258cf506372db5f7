import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { jpegSizeOf, pictureProblem } from './square-jpeg.ts'
import { makeJpeg } from './testing/make-jpeg.ts'

const LIMITS = { sideMin: 64, sideMax: 1_280, bytesMax: 200 }

it('reads the size behind other segments', () => {
  expect(jpegSizeOf(makeJpeg(640, 480))).toEqual({ width: 640, height: 480 })
})

it('says what is wrong with a picture', () => {
  expect(pictureProblem(makeJpeg(640, 640), LIMITS)).toBeNull()
  expect(pictureProblem(makeJpeg(640, 480), LIMITS)).toMatch(/640 × 480.*square/)
  expect(pictureProblem(makeJpeg(63, 63), LIMITS)).toMatch(/64 to 1280/)
  expect(pictureProblem(makeJpeg(1_281, 1_281), LIMITS)).toMatch(/64 to 1280/)
  expect(pictureProblem(Buffer.from('GIF89a no jpeg'), LIMITS)).toBe('Not a JPEG')
  expect(pictureProblem(Buffer.alloc(201), LIMITS)).toMatch(/201 bytes/)
})

it('reads any bytes without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (tail) => {
      const bytes = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), tail])
      const size = jpegSizeOf(bytes)
      expect(size === null || size.width >= 0).toBe(true)
    }),
  )
})
