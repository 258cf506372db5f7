import { CorruptLogError } from './envelope.ts'
import { encodeHead, type Head, isTombstone, parseHead } from './head.ts'
import { type LogContext, retryStorage } from './log-context.ts'
import type { StoredHead } from './log-device.ts'

/** The owner's copy of HEAD. One write at a time: only open, snapshot and close write it, one after the other. */
export class HeadKeeper {
  readonly #context: LogContext
  #head: Head
  #tag: string

  constructor(context: LogContext, head: Head, tag: string) {
    this.#context = context
    this.#head = head
    this.#tag = tag
  }

  get head(): Head {
    return this.#head
  }

  /** @returns false when somebody else owns HEAD now. @throws StorageAwayError */
  async write(next: Head): Promise<boolean> {
    const bytes = encodeHead(next)
    for (;;) {
      const put = await retryStorage(this.#context, 'putHead', () => this.#context.device.putHead(bytes, this.#tag))
      if (put.outcome === 'written') {
        this.#head = next
        this.#tag = put.tag
        return true
      }
      // A conflict is another owner, or an earlier attempt of ours whose answer was lost.
      const ours = await this.#readOurs()
      if (!ours) return false
      this.#tag = ours.tag
      if (!ours.bytes.equals(bytes)) continue
      this.#head = next
      return true
    }
  }

  /** Reads HEAD again. @returns false when somebody else owns it, or it is gone. @throws StorageAwayError */
  async isOurs(): Promise<boolean> {
    return (await this.#readOurs()) !== null
  }

  async #readOurs(): Promise<StoredHead | null> {
    const found = await retryStorage(this.#context, 'getHead', () => this.#context.device.getHead())
    if (!found) return null
    return this.#isWrittenByUs(found.bytes) ? found : null
  }

  #isWrittenByUs(bytes: Buffer): boolean {
    try {
      const head = parseHead(bytes)
      return !isTombstone(head) && head.epoch === this.#context.epoch && head.claimant.openId === this.#context.openId
    } catch (error) {
      // We can read what we wrote: this is a later version's, or broken, and the next open says which.
      if (error instanceof CorruptLogError) return false
      throw error
    }
  }
}
