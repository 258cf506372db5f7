import { expect, test } from 'vitest'
import { encodeFrame, FrameReader, PrologueError } from './frames.ts'
import { PROLOGUE } from './noise.ts'

const ROUTING = Buffer.concat([Buffer.from('ED'), Buffer.from([0, 1, 0, 0, 5]), Buffer.from('route')])
const BODIES = [Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(7000, 7)]
const STREAM = Buffer.concat([PROLOGUE, ...BODIES.map(encodeFrame)])

test.each([1, 2, 3, 5, 8, 1000, 1_000_000])('frames come out whole however the stream is cut (%i bytes)', (size) => {
  for (const stream of [STREAM, Buffer.concat([ROUTING, STREAM])]) {
    const reader = new FrameReader()
    const frames: Buffer[] = []
    for (let start = 0; start < stream.length; start += size)
      frames.push(...reader.push(stream.subarray(start, start + size)))
    expect(frames.map((frame) => frame.toString('hex'))).toEqual(BODIES.map((body) => body.toString('hex')))
  }
})

test.each(['GET / HTTP/1.1', 'WA\x05\x03', 'WA\x06\x02', 'EDxx12345'])('another prologue is refused: %j', (text) => {
  expect(() => new FrameReader().push(Buffer.from(text, 'latin1'))).toThrow(PrologueError)
})
