import * as z from 'zod'
import { tenantKey, timeKey } from './keys.ts'
import type { Page } from './page.ts'
import type { Item, Leg } from './table.ts'
import type { Tables } from './tables.ts'

export const tenantRowSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  name: z.string(),
  plan: z.string(),
  /** `deleting`: keys are refused, sessions end; `deleted`: the data keys are destroyed, this row and the audit stay */
  status: z.enum(['active', 'suspended', 'deleting', 'deleted']),
  /** replaces single limits of the plan */
  limits: z.record(z.string(), z.number()).optional(),
  metadata: z.record(z.string(), z.string()),
  createdAt: z.number().int(),
})
export type TenantRow = z.infer<typeof tenantRowSchema>

const LIST_PARTITION = 'TENANTS'

/** Tenants themselves. No TenantScope: only platform operations and the auth middleware use it. */
export class Tenants {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  createLeg(row: TenantRow): Leg {
    return {
      table: this.#tables.core.name,
      put: { ...tenantKey(row.id), ...row, l1pk: LIST_PARTITION, l1sk: `${timeKey(row.createdAt)}#${row.id}` },
      condition: { expression: 'attribute_not_exists(pk)' },
    }
  }

  async get(tenantId: string): Promise<TenantRow | null> {
    const item = await this.#tables.core.get(tenantKey(tenantId))
    return item ? tenantRowSchema.parse(item) : null
  }

  /** Newest first (eventually consistent). */
  async list(input: { limit: number; after?: Item }): Promise<Page<TenantRow>> {
    const page = await this.#tables.core.query({
      index: 'list1',
      key: { expression: '#l1pk = :pk', values: { ':pk': LIST_PARTITION } },
      descending: true,
      limit: input.limit,
      after: input.after,
    })
    return { items: page.items.map((item) => tenantRowSchema.parse(item)), next: page.lastKey }
  }
}
