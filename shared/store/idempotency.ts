import { createHash } from 'node:crypto'
import * as z from 'zod'
import { idempotencyKey } from './keys.ts'
import type { Leg } from './table.ts'
import type { Tables } from './tables.ts'

/** Kept longer than the promised 24 hours. */
const KEPT_SECONDS = 48 * 3600

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

  #key(key: string) {
    return idempotencyKey(this.#owner, createHash('sha256').update(key).digest('base64url'))
  }
}
