/**
 * Locks by name, several at once. Names are taken in sorted order, so that two callers with overlapping sets cannot
 * wait for each other.
 */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>()

  get size(): number {
    return this.#tails.size
  }

  async run<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const releases: (() => void)[] = []
    try {
      for (const name of [...new Set(names)].sort()) releases.push(await this.#acquire(name))
      return await work()
    } finally {
      for (const release of releases) release()
    }
  }

  async #acquire(name: string): Promise<() => void> {
    const before = this.#tails.get(name)
    const { promise, resolve } = Promise.withResolvers<void>()
    const tail = before ? before.then(() => promise) : promise
    this.#tails.set(name, tail)
    await before
    return () => {
      if (this.#tails.get(name) === tail) this.#tails.delete(name)
      resolve()
    }
  }
}
