import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { type LogDevice, snapshotName } from '../log-device.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

/** What every LogDevice guarantees. @param makeDevice gives a device of a session that has no log yet */
export const describeLogDevice = (name: string, makeDevice: () => LogDevice): void => {
  describe(`log device: ${name}`, () => {
    let device: LogDevice
    beforeEach(() => {
      device = makeDevice()
    })

    test('HEAD is created once and replaced only by who knows the current one', async () => {
      expect(await device.getHead()).toBeNull()
      expect(await device.putHead(bytes('x'), '"0123456789abcdef0123456789abcdef"')).toEqual({ outcome: 'conflict' })
      const first = await device.putHead(bytes('one'), null)
      if (first.outcome !== 'written') throw new Error('HEAD was not created')
      expect(await device.putHead(bytes('two'), null)).toEqual({ outcome: 'conflict' })
      const second = await device.putHead(bytes('two'), first.tag)
      expect(second.outcome).toBe('written')
      expect(await device.putHead(bytes('three'), first.tag)).toEqual({ outcome: 'conflict' })
      const stored = await device.getHead()
      expect(stored?.bytes.toString()).toBe('two')
      expect(second).toMatchObject({ tag: stored?.tag })
    })

    test('of concurrent puts into one slot exactly one is written, and its bytes are read', async () => {
      const contents = Array.from({ length: 8 }, (_, index) => bytes(`content ${index}`))
      const outcomes = await Promise.all(contents.map((content) => device.putSegment(1, content)))
      expect(outcomes.filter((outcome) => outcome === 'written')).toHaveLength(1)
      expect(await device.getSegment(1)).toEqual(contents[outcomes.indexOf('written')])
    })

    test('of concurrent replacements of one HEAD exactly one is written', async () => {
      const first = await device.putHead(bytes('one'), null)
      if (first.outcome !== 'written') throw new Error('HEAD was not created')
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, index) => device.putHead(bytes(`head ${index}`), first.tag)),
      )
      expect(outcomes.filter(({ outcome }) => outcome === 'written')).toHaveLength(1)
    })

    test('slots are listed in order, behind and up to a slot, over more than one page', async () => {
      const slots = Array.from({ length: 1_050 }, (_, index) => index + 1)
      for (let start = 0; start < slots.length; start += 50)
        await Promise.all(slots.slice(start, start + 50).map((slot) => device.putSegment(slot, bytes(String(slot)))))
      expect(await device.listSegments({ after: 0 })).toEqual(slots)
      expect(await device.listSegments({ after: 9 })).toEqual(slots.slice(9))
      expect(await device.listSegments({ after: 9, upTo: 11 })).toEqual([10, 11])
      expect(await device.listSegments({ after: 1_050 })).toEqual([])
    })

    test('what was deleted is gone, and deleting it again is no error', async () => {
      await device.putSegment(1, bytes('1'))
      await device.putSegment(2, bytes('2'))
      await device.deleteSegments([1])
      await device.deleteSegments([1])
      expect(await device.getSegment(1)).toBeNull()
      expect(await device.listSegments({ after: 0 })).toEqual([2])
    })

    test('snapshots are written once and listed in the order of their slots', async () => {
      const names = [snapshotName(2, 9), snapshotName(10, 9), snapshotName(2, 10)]
      for (const name of names) expect(await device.putSnapshot(name, bytes(name))).toBe('written')
      expect(await device.putSnapshot(names[0]!, bytes('other'))).toBe('exists')
      expect((await device.getSnapshot(names[0]!))?.toString()).toBe(names[0])
      expect(await device.listSnapshots()).toEqual([...names].sort())
      await device.deleteSnapshots([names[0]!])
      expect(await device.getSnapshot(names[0]!)).toBeNull()
      expect(await device.getSnapshot(names[1]!)).not.toBeNull()
    })

    test('a device that nobody wrote to is empty, which is no error', async () => {
      expect(await device.getHead()).toBeNull()
      expect(await device.getSegment(1)).toBeNull()
      expect(await device.getSnapshot(snapshotName(1, 1))).toBeNull()
      expect(await device.listSegments({ after: 0 })).toEqual([])
      expect(await device.listSnapshots()).toEqual([])
      await device.deleteSegments([])
      await device.deleteSegments([1])
      await device.deleteSnapshots([snapshotName(1, 1)])
    })

    test('bytes come back as they were, also large ones, whatever the caller does to his afterwards', async () => {
      const large = randomBytes(3 * 1024 * 1024)
      const kept = Buffer.from(large)
      expect(await device.putSnapshot(snapshotName(1, 1), large)).toBe('written')
      const small = Buffer.from([0, 255, 10, 13, 0])
      await device.putSegment(1, small)
      large.fill(0)
      small.fill(7)
      expect((await device.getSnapshot(snapshotName(1, 1)))?.equals(kept)).toBe(true)
      expect([...((await device.getSegment(1)) ?? [])]).toEqual([0, 255, 10, 13, 0])
    })

    test('what was refused changed nothing', async () => {
      await device.putSegment(1, bytes('first'))
      expect(await device.putSegment(1, bytes('second'))).toBe('exists')
      expect((await device.getSegment(1))?.toString()).toBe('first')
      const head = await device.putHead(bytes('one'), null)
      if (head.outcome !== 'written') throw new Error('HEAD was not created')
      await device.putHead(bytes('two'), null)
      const stored = await device.getHead()
      expect([stored?.bytes.toString(), stored?.tag]).toEqual(['one', head.tag])
    })

    test('two sessions have two logs', async () => {
      const other = makeDevice()
      await device.putSegment(1, bytes('mine'))
      expect(await other.getSegment(1)).toBeNull()
      expect(await other.putSegment(1, bytes('theirs'))).toBe('written')
      expect((await device.getSegment(1))?.toString()).toBe('mine')
    })
  })
}
