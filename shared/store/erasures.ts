import { erasureKey, timeKey } from './keys.ts'
import type { Leg } from './table.ts'
import type { Tables } from './tables.ts'

/** Partition of the system index: tenants whose files are still to be removed, by the time when to look. */
const ERASING_PARTITION = 'X#erasing'

export interface Erasure {
  readonly tenantId: string
  /** epoch ms */
  readonly shreddedAt: number
}

/** Deleted tenants whose files lie in the bucket yet: encrypted with the cell's key, not with the one that is destroyed. */
export class Erasures {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  startLeg(tenantId: string, now: number): Leg {
    return {
      table: this.#tables.core.name,
      put: {
        ...erasureKey(tenantId),
        v: 1,
        shreddedAt: now,
        xpk: ERASING_PARTITION,
        xsk: `${timeKey(now)}#${tenantId}`,
      },
    }
  }

  /** Oldest first (system role; eventually consistent). */
  async listDue(now: number, limit: number): Promise<Erasure[]> {
    const page = await this.#tables.core.query({
      index: 'system',
      key: {
        expression: '#xpk = :pk AND #xsk < :now',
        values: { ':pk': ERASING_PARTITION, ':now': timeKey(now + 1) },
      },
      limit,
    })
    const tenantIds = page.items.map((item) => String(item.xsk).split('#')[1]!)
    const rows = await Promise.all(tenantIds.map((tenantId) => this.#tables.core.get(erasureKey(tenantId))))
    return rows.flatMap((row, index) =>
      row ? [{ tenantId: tenantIds[index]!, shreddedAt: Number(row.shreddedAt) }] : [],
    )
  }

  /** Nothing is left now; look again later. */
  async postpone(tenantId: string, until: number): Promise<void> {
    await this.#tables.core.update(
      erasureKey(tenantId),
      { expression: 'SET #xsk = :xsk', values: { ':xsk': `${timeKey(until)}#${tenantId}` } },
      { expression: 'attribute_exists(pk)' },
    )
  }

  async finish(tenantId: string): Promise<void> {
    await this.#tables.core.remove(erasureKey(tenantId))
  }
}
