import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { encodeAppend, encodeBody } from './append-text.ts'
import { commitSegment } from './commit-segment.ts'
import { sealEnvelope } from './envelope.ts'
import { bareContext } from './testing/bare-context.ts'
import { MemoryBucket, MemoryLogDevice } from './testing/memory-log-device.ts'

const APPENDS = [encodeAppend(1, [{ t: 'fence', epoch: 5 }])]

const slotOf = (epoch: number, seq: number): Buffer =>
  sealEnvelope(
    randomBytes(32),
    { v: 1, sessionId: 'ses_test', epoch, openId: 'theirs', kind: 'segment', seq },
    encodeBody([]),
  )

test.each([
  [4, { ok: true, sequence: 2 }],
  [5, { ok: false, headEpoch: 5 }],
  [6, { ok: false, headEpoch: 6 }],
])('a slot that epoch %i took, ours being 5', async (epoch, outcome) => {
  const bucket = new MemoryBucket()
  bucket.segments.set(1, slotOf(epoch, 1))
  const taken: number[] = []
  const context = bareContext({ device: new MemoryLogDevice(bucket) })
  const result = await commitSegment(context, 1, APPENDS, async (slot) => void taken.push(slot))
  expect(result).toMatchObject(outcome)
  // What an earlier owner wrote there is read before anything comes after it.
  expect(taken).toEqual(epoch === 4 ? [1] : [])
  expect(bucket.segments.size).toBe(epoch === 4 ? 2 : 1)
})

test('a slot that was taken and cleaned up meanwhile belongs to an owner far ahead of us', async () => {
  const bucket = new MemoryBucket()
  bucket.segments.set(1, slotOf(4, 1))
  const device = new MemoryLogDevice(bucket)
  device.onCall = ({ name }) => {
    if (name === 'getSegment') bucket.segments.clear()
    return null
  }
  expect(await commitSegment(bareContext({ device }), 1, APPENDS)).toEqual({ ok: false, headEpoch: 5 })
  expect(bucket.segments.size).toBe(0)
})
