import { createHash } from 'node:crypto'
import * as z from 'zod'
import { idempotencyKey } from './keys.ts'
import type { Leg } from './table.ts'
import type { Tables } from './tables.ts'

/** Kept longer than the promised 24 hours. */
const KEPT_SECONDS = 48 * 3600

/** `status` of a row whose request is still under way */
export const CLAIMED = 0

const storedAnswerSchema = z.object({
  v: z.literal(1),
  requestHash: z.string(),
  status: z.number().int(),
  /** JSON of the body, secrets already null */
  body: z.string(),
  location: z.string().nullable(),
  ttl: z.number().int(),
})
export type StoredAnswer = Pick<z.infer<typeof storedAnswerSchema>, 'requestHash' | 'status' | 'body' | 'location'>

/** Idempotency rows of creating POSTs that are not messages: written in the transaction of the resource. */
export class IdempotencyRows {
  readonly #tables: Tables
  readonly #owner: string

  /** @param owner prefix of the tenant scope, or `ADMIN#` */
  constructor(tables: Tables, owner: string) {
    this.#tables = tables
    this.#owner = owner
  }

  /** Null when the key is new, or so old that it counts as new. */
  async find(key: string, now: number): Promise<StoredAnswer | null> {
    const item = await this.#tables.ephemeral.get(this.#key(key))
    const row = item ? storedAnswerSchema.parse(item) : null
    return row && row.ttl * 1000 > now ? row : null
  }

  leg(key: string, answer: StoredAnswer, now: number): Leg {
    const nowSeconds = Math.floor(now / 1000)
    return {
      table: this.#tables.ephemeral.name,
      put: { ...this.#key(key), v: 1, ...answer, ttl: nowSeconds + KEPT_SECONDS },
      condition: { expression: 'attribute_not_exists(pk) OR #ttl <= :now', values: { ':now': nowSeconds } },
    }
  }

  /**
   * Claims a key for a request whose effect is not in our tables. A claim without an answer ends after `claimSeconds`: the
   * process that held it is gone. @returns what stands there: an answer, or a claim (status 0); null: claimed now
   */
  async claim(key: string, requestHash: string, now: number, claimSeconds: number): Promise<StoredAnswer | null> {
    const nowSeconds = Math.floor(now / 1000)
    const row = { v: 1, requestHash, status: CLAIMED, body: '', location: null, ttl: nowSeconds + claimSeconds }
    const result = await this.#tables.ephemeral.put(
      { ...this.#key(key), ...row },
      { expression: 'attribute_not_exists(pk) OR #ttl <= :now', values: { ':now': nowSeconds } },
    )
    return result.ok ? null : storedAnswerSchema.parse(result.item)
  }

  /** The answer of a claimed request. */
  async complete(key: string, answer: StoredAnswer, now: number): Promise<void> {
    const ttl = Math.floor(now / 1000) + KEPT_SECONDS
    await this.#tables.ephemeral.put({ ...this.#key(key), v: 1, ...answer, ttl })
  }

  /** Nothing was done: the key is free again. */
  async unclaim(key: string): Promise<void> {
    await this.#tables.ephemeral.remove(this.#key(key), {
      expression: '#status = :claimed',
      values: { ':claimed': CLAIMED },
    })
  }

  #key(key: string) {
    return idempotencyKey(this.#owner, createHash('sha256').update(key).digest('base64url'))
  }
}
