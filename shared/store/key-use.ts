import type { TenantScope } from '../core/tenant-scope.ts'
import type { Tables } from './tables.ts'

/**
 * When a key was last used (usage table, not the key's own row: functions that serve requests must not write keys).
 * Written by environments once a minute per key, never per request.
 */
export class KeyUse {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  /** Keeps the later time. */
  async note(keyId: string, usedAt: number): Promise<void> {
    await this.#tables.usage.update(
      this.#key(keyId),
      { expression: 'SET #usedAt = :at', values: { ':at': usedAt } },
      { expression: 'attribute_not_exists(#usedAt) OR #usedAt < :at', values: { ':at': usedAt } },
    )
  }

  /** Epoch milliseconds, to the minute; null: never, or in the last minute for the first time. */
  async lastUsed(keyId: string): Promise<number | null> {
    const item = await this.#tables.usage.get(this.#key(keyId), { consistent: false })
    return typeof item?.usedAt === 'number' ? item.usedAt : null
  }

  #key(keyId: string) {
    return { pk: `${this.#scope.prefix}KU`, sk: keyId }
  }
}
