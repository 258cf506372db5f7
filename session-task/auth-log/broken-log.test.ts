import { describe, expect, test } from 'vitest'
import type { LogFault } from '../../shared/core/log-fault.ts'
import { CorruptLogError } from './envelope.ts'
import { type OpenInput, openSessionLog } from './open-log.ts'
import { MemoryBucket, MemoryLogDevice } from './testing/memory-log-device.ts'
import { openInput, openMemoryLog, plainKeyWrap } from './testing/open-memory-log.ts'

const creds = { t: 'creds', creds: { me: { id: '1@s.whatsapp.net' }, account: {} } } as const
const key = (id: string) => ({ t: 'keys', set: { session: { [id]: { id } } } }) as const

/** A linked session: a snapshot at slot 3, then slots 4 (fence) to 6. */
const makeLog = async (): Promise<MemoryBucket> => {
  const { log: first, bucket } = await openMemoryLog()
  await first.durable(first.append([creds]))
  await first.durable(first.append([key('a')]))
  await first.close()
  const { log: second } = await openMemoryLog({ bucket, epoch: 2 })
  for (const id of ['b', 'c']) await second.durable(second.append([key(id)]))
  expect([...bucket.segments.keys()]).toEqual([1, 2, 3, 4, 5, 6])
  expect(bucket.snapshots.size).toBe(1)
  return bucket
}

const copyOf = (bucket: MemoryBucket): MemoryBucket => {
  const copy = new MemoryBucket()
  copy.head = bucket.head
  for (const [slot, bytes] of bucket.segments) copy.segments.set(slot, Buffer.from(bytes))
  for (const [name, bytes] of bucket.snapshots) copy.snapshots.set(name, Buffer.from(bytes))
  return copy
}

const open = (bucket: MemoryBucket, epoch: number, more: Partial<OpenInput> = {}) =>
  openSessionLog(openInput({ device: new MemoryLogDevice(bucket), epoch, expectLinked: true, ...more }))

const changeHead = (bucket: MemoryBucket, change: Record<string, unknown>): void => {
  bucket.head = Buffer.from(JSON.stringify({ ...JSON.parse(bucket.head!.toString()), ...change }))
}
const flipLastBit = (bytes: Buffer): void => {
  bytes[bytes.length - 1]! ^= 1
}
const snapshotOf = (bucket: MemoryBucket): [string, Buffer] => [...bucket.snapshots][0]!

const DAMAGES: [name: string, fault: LogFault, damage: (bucket: MemoryBucket) => void][] = [
  ['HEAD of a later format', 'future_format', (bucket) => changeHead(bucket, { format: 2 })],
  ['HEAD that is no JSON', 'unreadable_head', (bucket) => (bucket.head = Buffer.from('{"format":1,'))],
  ['HEAD without its fields', 'unreadable_head', (bucket) => changeHead(bucket, { claimant: 7 })],
  ['no HEAD', 'missing_head', (bucket) => (bucket.head = null)],
  ['no snapshot', 'missing_snapshot', (bucket) => bucket.snapshots.clear()],
  ['a changed snapshot', 'corrupt_record', (bucket) => flipLastBit(snapshotOf(bucket)[1])],
  [
    'a snapshot cut short',
    'corrupt_record',
    (bucket) => bucket.snapshots.set(snapshotOf(bucket)[0], snapshotOf(bucket)[1].subarray(0, 40)),
  ],
  ['a slot missing in the middle', 'missing_record', (bucket) => bucket.segments.delete(5)],
  [
    'the last slots missing that HEAD knew',
    'missing_record',
    (bucket) => {
      for (const slot of [4, 5, 6]) bucket.segments.delete(slot)
    },
  ],
  ['a changed slot', 'corrupt_record', (bucket) => flipLastBit(bucket.segments.get(5)!)],
  ['an empty slot', 'corrupt_record', (bucket) => bucket.segments.set(5, Buffer.alloc(0))],
  ['a slot cut short', 'corrupt_record', (bucket) => bucket.segments.set(5, bucket.segments.get(5)!.subarray(0, 60))],
  ['a slot of a later format', 'future_format', (bucket) => (bucket.segments.get(5)![0] = 2)],
  ['a slot in the place of another', 'corrupt_record', (bucket) => bucket.segments.set(5, bucket.segments.get(6)!)],
  ['HEAD that lost a key', 'missing_key', (bucket) => changeHead(bucket, { wrappedKeys: {} })],
  ['HEAD that knew later sequences', 'sequence_behind', (bucket) => changeHead(bucket, { nextSequence: 9 })],
]

describe('a log that cannot be opened', () => {
  test.each(DAMAGES)(
    '%s: refused as lost state because of %s, and nothing is overwritten',
    async (_, fault, damage) => {
      const whole = await makeLog()
      const bucket = copyOf(whole)
      damage(bucket)
      const before = copyOf(bucket)
      for (const epoch of [3, 4]) {
        const opened = await open(bucket, epoch)
        expect(opened).toMatchObject({ ok: false, reason: 'stateLost', fault, detail: expect.stringMatching(/\S/) })
      }
      expect(bucket.segments).toEqual(before.segments)
      expect(bucket.snapshots).toEqual(before.snapshots)
      // Whoever puts the object back (S3 keeps versions) has the whole session again; claims may stand in HEAD.
      for (const [slot, bytes] of whole.segments) bucket.segments.set(slot, bytes)
      for (const [name, bytes] of whole.snapshots) bucket.snapshots.set(name, bytes)
      bucket.head = whole.head
      const healed = await open(bucket, 5)
      if (!healed.ok) throw new Error(healed.detail)
      for (const id of ['a', 'b', 'c']) expect(healed.log.state.key('session', id)).toEqual({ id })
    },
  )

  test('a tenant key that does not open the session keys is named as such, not as an answer of the storage', async () => {
    const bucket = await makeLog()
    const sessionKeyWrap = {
      ...plainKeyWrap,
      unwrap: async () => {
        throw new CorruptLogError('wrong_key', 'not the key of this tenant')
      },
    }
    expect(await open(bucket, 3, { sessionKeyWrap })).toMatchObject({ reason: 'stateLost', fault: 'wrong_key' })
    expect(await open(bucket, 4)).toMatchObject({ ok: true })
  })

  test('a linked session whose log is whole but holds no credentials is lost state', async () => {
    const { log, bucket } = await openMemoryLog()
    await log.durable(log.append([key('a')]))
    expect(await open(bucket, 2)).toMatchObject({ reason: 'stateLost', fault: 'missing_credentials' })
  })

  test('HEAD without slots but with snapshots of an earlier life is not a new session', async () => {
    const bucket = await makeLog()
    bucket.head = null
    bucket.segments.clear()
    expect(await open(bucket, 3, { expectLinked: false })).toMatchObject({ reason: 'stateLost', fault: 'missing_head' })
  })

  test('an owner whose HEAD was replaced by a later version leaves, it does not write it back', async () => {
    const { log, bucket } = await openMemoryLog({ limits: { snapshotCommits: 1 } })
    changeHead(bucket, { format: 2 })
    const head = bucket.head
    await log.durable(log.append([creds]))
    await expect(log.close()).rejects.toThrow('fenced')
    expect(bucket.head).toBe(head)
  })
})
