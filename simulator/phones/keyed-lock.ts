/** Runs asynchronous work one at a time per key: a phone's ratchets must advance in order. */
export class KeyedLock {
  readonly #tails = new Map<number, Promise<unknown>>()

  async run<Result>(key: number, work: () => Promise<Result>): Promise<Result> {
    const previous = this.#tails.get(key) ?? Promise.resolve()
    const result = previous.then(work)
    // The next in line must run although this one failed; its own caller gets the error.
    const tail = result.catch(() => {})
    this.#tails.set(key, tail)
    try {
      return await result
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    }
  }

  /** Resolves when nothing runs or waits any more. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values())
  }
}
