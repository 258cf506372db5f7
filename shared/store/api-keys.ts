import * as z from 'zod'
import type { TenantScope } from '../core/tenant-scope.ts'
import { apiKeyKey, apiKeyListKey, apiKeyPartition } from './keys.ts'
import type { Page } from './page.ts'
import { modeSchema } from './rows/fields.ts'
import { type Item, type Leg, transact } from './table.ts'
import type { Tables } from './tables.ts'

const CONFLICT_TRIES = 5

export const apiKeyRowSchema = z.object({
  v: z.literal(1),
  tenantId: z.string(),
  mode: modeSchema,
  id: z.string(),
  name: z.string(),
  /** HMAC of the key under the pepper of `pepperVersion` */
  hash: z.string(),
  pepperVersion: z.number().int(),
  start: z.string(),
  scopes: z.array(z.string()),
  sessionId: z.string().nullable(),
  ipAllow: z.array(z.string()),
  expiresAt: z.number().int().nullable(),
  revokedAt: z.number().int().nullable(),
  createdAt: z.number().int(),
  /** id of the key that made it, or `admin` */
  createdBy: z.string(),
})
export type ApiKeyRow = z.infer<typeof apiKeyRowSchema>

/** Auth middleware only: by the hash of the presented key, before any scope is known. */
export const findApiKey = async (tables: Tables, hash: string): Promise<ApiKeyRow | null> => {
  const item = await tables.core.get(apiKeyKey(hash))
  return item ? apiKeyRowSchema.parse(item) : null
}

/** Keys of a tenant and mode: one row to authenticate by hash, one to list and revoke by id, always changed together. */
export class ApiKeys {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  createLegs(row: ApiKeyRow): Leg[] {
    const condition = { expression: 'attribute_not_exists(pk)' }
    return [apiKeyKey(row.hash), apiKeyListKey(this.#scope, row.id)].map((key) => ({
      table: this.#tables.core.name,
      put: { ...key, ...row },
      condition,
    }))
  }

  /** Legs that make a key end at a time, only while it is as it was read. */
  expireLegs(row: ApiKeyRow, expiresAt: number): Leg[] {
    return [apiKeyKey(row.hash), apiKeyListKey(this.#scope, row.id)].map((key) => ({
      table: this.#tables.core.name,
      update: key,
      set: { expression: 'SET #expiresAt = :expiresAt', values: { ':expiresAt': expiresAt } },
      condition: {
        expression: 'attribute_exists(pk) AND attribute_type(#revokedAt, :null) AND #expiresAt = :was',
        values: { ':null': 'NULL', ':was': row.expiresAt },
      },
    }))
  }

  async get(keyId: string): Promise<ApiKeyRow | null> {
    const item = await this.#tables.core.get(apiKeyListKey(this.#scope, keyId))
    return item ? apiKeyRowSchema.parse(item) : null
  }

  /** Newest first, consistent. */
  async list(input: { limit: number; after?: Item }): Promise<Page<ApiKeyRow>> {
    const page = await this.#tables.core.query({
      key: { expression: '#pk = :pk', values: { ':pk': apiKeyPartition(this.#scope) } },
      descending: true,
      limit: input.limit,
      after: input.after,
    })
    return { items: page.items.map((item) => apiKeyRowSchema.parse(item)), next: page.lastKey }
  }

  /** False when there is no such key. Revoking twice keeps the first time. */
  async revoke(keyId: string, now: number): Promise<boolean> {
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
      const row = await this.get(keyId)
      if (!row || row.revokedAt !== null) return row !== null
      const result = await transact(
        this.#tables.client,
        [apiKeyKey(row.hash), apiKeyListKey(this.#scope, keyId)].map((key) => ({
          table: this.#tables.core.name,
          update: key,
          set: { expression: 'SET #revokedAt = :now', values: { ':now': now } },
          condition: { expression: 'attribute_exists(pk)' },
        })),
      )
      if (result.outcome === 'written') return true
    }
    throw new Error(`key ${keyId} could not be revoked: too many conflicts`)
  }
}
