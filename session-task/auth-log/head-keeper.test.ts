import { expect, test } from 'vitest'
import { emptyHead, encodeHead, type Head, parseHead } from './head.ts'
import { HeadKeeper } from './head-keeper.ts'
import { DEFAULT_LIMITS } from './log-context.ts'
import { bareContext } from './testing/bare-context.ts'
import { MemoryBucket, MemoryLogDevice } from './testing/memory-log-device.ts'

const CLAIMANT = { workerId: 'wrk_1', incarnation: '1', openId: 'ours' }

const keep = async () => {
  const bucket = new MemoryBucket()
  const device = new MemoryLogDevice(bucket)
  const head = emptyHead(5, CLAIMANT)
  const put = await device.putHead(encodeHead(head), null)
  if (put.outcome !== 'written') throw new Error('no HEAD')
  // One failure is enough to give up.
  const context = bareContext({ device, limits: { ...DEFAULT_LIMITS, storageTimeoutMs: 0 } })
  return { bucket, device, head, keeper: new HeadKeeper(context, head, put.tag) }
}

test('a write that was given up and had its effect is not taken for the next one', async () => {
  const { bucket, device, head, keeper } = await keep()
  device.onCall = ({ name }) => (name === 'putHead' ? 'after' : null)
  await expect(keeper.write({ ...head, tailSeq: 10 })).rejects.toThrow('putHead')
  device.onCall = () => null
  expect(await keeper.write({ ...head, tailSeq: 20 })).toBe(true)
  expect((parseHead(bucket.head ?? Buffer.alloc(0)) as Head).tailSeq).toBe(20)
  expect(keeper.head.tailSeq).toBe(20)
})

test('HEAD of another open with the same epoch is not ours', async () => {
  const { bucket, head, keeper } = await keep()
  bucket.head = encodeHead({ ...head, claimant: { ...CLAIMANT, openId: 'theirs' } })
  expect(await keeper.isOurs()).toBe(false)
  expect(await keeper.write({ ...head, tailSeq: 10 })).toBe(false)
  expect((parseHead(bucket.head) as Head).claimant.openId).toBe('theirs')
})
