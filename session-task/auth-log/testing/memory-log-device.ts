import { createHash } from 'node:crypto'
import type { HeadPut, LogDevice, PutOutcome, StoredHead } from '../log-device.ts'

export type DeviceCall = keyof LogDevice

/**
 * What happens to one call: it fails before its effect or after it (lost answer); it never answers, without or with its
 * effect (the process died there); or it waits for the promise first.
 */
export type Fault = 'before' | 'after' | 'dieBefore' | 'dieAfter' | { readonly wait: Promise<unknown> } | null

/** Objects of one session in memory, shared by several devices as a bucket is by several workers. */
export class MemoryBucket {
  head: Buffer | null = null
  readonly segments = new Map<number, Buffer>()
  readonly snapshots = new Map<string, Buffer>()
}

/** Strict LogDevice on a MemoryBucket. `onCall` decides the fate of each call (n counts from 1 per device). */
export class MemoryLogDevice implements LogDevice {
  readonly bucket: MemoryBucket
  readonly calls: { name: DeviceCall; detail: string }[] = []
  onCall: (call: { n: number; name: DeviceCall }) => Fault

  constructor(bucket = new MemoryBucket(), onCall: MemoryLogDevice['onCall'] = () => null) {
    this.bucket = bucket
    this.onCall = onCall
  }

  getHead(): Promise<StoredHead | null> {
    return this.#do('getHead', '', () => {
      const bytes = this.bucket.head
      return bytes ? { bytes: Buffer.from(bytes), tag: tagOf(bytes) } : null
    })
  }

  putHead(bytes: Uint8Array, ifMatch: string | null): Promise<HeadPut> {
    const copy = Buffer.from(bytes)
    return this.#do('putHead', ifMatch ?? 'new', () => {
      const current = this.bucket.head
      if ((current ? tagOf(current) : null) !== ifMatch) return { outcome: 'conflict' }
      this.bucket.head = copy
      return { outcome: 'written', tag: tagOf(copy) }
    })
  }

  putSegment(sequence: number, bytes: Uint8Array): Promise<PutOutcome> {
    return this.#do('putSegment', `${sequence} ${tagOf(bytes)}`, putIfAbsent(this.bucket.segments, sequence, bytes))
  }

  getSegment(sequence: number): Promise<Buffer | null> {
    return this.#do('getSegment', String(sequence), () => copyOf(this.bucket.segments.get(sequence)))
  }

  listSegments({ after, upTo = Number.MAX_SAFE_INTEGER }: { after: number; upTo?: number }): Promise<number[]> {
    return this.#do('listSegments', String(after), () =>
      [...this.bucket.segments.keys()].filter((slot) => slot > after && slot <= upTo).sort((one, other) => one - other),
    )
  }

  deleteSegments(sequences: readonly number[]): Promise<void> {
    return this.#do('deleteSegments', sequences.join(), () => {
      for (const sequence of sequences) this.bucket.segments.delete(sequence)
    })
  }

  putSnapshot(name: string, bytes: Uint8Array): Promise<PutOutcome> {
    return this.#do('putSnapshot', `${name} ${tagOf(bytes)}`, putIfAbsent(this.bucket.snapshots, name, bytes))
  }

  getSnapshot(name: string): Promise<Buffer | null> {
    return this.#do('getSnapshot', name, () => copyOf(this.bucket.snapshots.get(name)))
  }

  listSnapshots(): Promise<string[]> {
    return this.#do('listSnapshots', '', () => [...this.bucket.snapshots.keys()].sort())
  }

  deleteSnapshots(names: readonly string[]): Promise<void> {
    return this.#do('deleteSnapshots', names.join(), () => {
      for (const name of names) this.bucket.snapshots.delete(name)
    })
  }

  async #do<Result>(name: DeviceCall, detail: string, effect: () => Result): Promise<Result> {
    const n = this.calls.push({ name, detail })
    const fault = this.onCall({ n, name })
    if (fault && typeof fault === 'object') await fault.wait
    // A real device never answers in the caller's own run.
    await Promise.resolve()
    if (fault === 'before') throw new Error(`injected: ${name} never arrived`)
    if (fault === 'dieBefore') return new Promise(() => {})
    const result = effect()
    if (fault === 'dieAfter') return new Promise(() => {})
    if (fault === 'after') throw new Error(`injected: the answer of ${name} was lost`)
    return result
  }
}

const tagOf = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

const copyOf = (bytes: Buffer | undefined): Buffer | null => (bytes ? Buffer.from(bytes) : null)

const putIfAbsent = <Key>(objects: Map<Key, Buffer>, key: Key, bytes: Uint8Array) => {
  const copy = Buffer.from(bytes)
  return (): PutOutcome => {
    if (objects.has(key)) return 'exists'
    objects.set(key, copy)
    return 'written'
  }
}
