import { steadyNow } from '../auth-log/steady-now.ts'

interface Entry {
  readonly value: unknown
  readonly expiresAt: number
}

/**
 * Least-recently-set cache with a size limit and a time to live, in the shape Baileys expects. The library's own
 * caches have no size limit, hold a timer each and die with the socket (baileys-facts §2.2).
 */
export class BoundedCache {
  readonly #entries = new Map<string, Entry>()
  readonly #limit: number
  readonly #ttlMs: number
  readonly #now: () => number

  constructor(limit: number, ttlMs: number, now: () => number = steadyNow) {
    this.#limit = limit
    this.#ttlMs = ttlMs
    this.#now = now
  }

  get size(): number {
    return this.#entries.size
  }

  get<T>(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    if (entry.expiresAt > this.#now()) return entry.value as T
    this.#entries.delete(key)
    return undefined
  }

  set<T>(key: string, value: T, ttlMs: number = this.#ttlMs): void {
    this.#entries.delete(key)
    this.#entries.set(key, { value, expiresAt: this.#now() + ttlMs })
    const oldest = this.#entries.keys().next()
    if (this.#entries.size > this.#limit && !oldest.done) this.#entries.delete(oldest.value)
  }

  del(key: string): void {
    this.#entries.delete(key)
  }

  flushAll(): void {
    this.#entries.clear()
  }
}
