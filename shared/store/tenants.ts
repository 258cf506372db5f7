import * as z from 'zod'
import { Erasures } from './erasures.ts'
import { tenantKey, timeKey } from './keys.ts'
import type { Page } from './page.ts'
import { type Item, type Leg, transact } from './table.ts'
import type { Tables } from './tables.ts'

export const tenantRowSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  name: z.string(),
  plan: z.string(),
  /** `deleting`: keys are refused, sessions end; `deleted`: the data keys are destroyed, this row and the audit stay */
  status: z.enum(['active', 'suspended', 'deleting', 'deleted']),
  /** replaces single limits of the plan */
  limits: z.record(z.string(), z.number().optional()).optional(),
  metadata: z.record(z.string(), z.string()),
  suspendedReason: z.string().nullable().optional(),
  /** a suspension or its end that the sessions do not all follow yet; absent: nothing is under way */
  change: z.object({ requestedAt: z.number().int() }).optional(),
  deletion: z
    .object({
      requestedAt: z.number().int(),
      /** unlink the devices too */
      logout: z.boolean(),
      /** when the data keys were destroyed */
      shreddedAt: z.number().int().nullable(),
    })
    .optional(),
  createdAt: z.number().int(),
})
export type TenantRow = z.infer<typeof tenantRowSchema>

const LIST_PARTITION = 'TENANTS'
/** Partition of the system index: tenants whose deletion is under way. */
const DELETING_PARTITION = 'X#deleting'
/** Partition of the system index: tenants whose sessions do not yet follow a suspension or its end. */
const CHANGING_PARTITION = 'X#changing'

export type TenantPatch = Partial<Pick<TenantRow, 'name' | 'plan' | 'limits' | 'metadata'>>

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

  /** Null when there is no such tenant, or it is being deleted. */
  async update(tenantId: string, patch: TenantPatch): Promise<TenantRow | null> {
    const fields = Object.entries(patch).filter(([, value]) => value !== undefined)
    if (fields.length === 0) {
      const row = await this.get(tenantId)
      return row && (row.status === 'active' || row.status === 'suspended') ? row : null
    }
    const result = await this.#tables.core.update(
      tenantKey(tenantId),
      {
        expression: `SET ${fields.map(([name]) => `#${name} = :${name}New`).join(', ')}`,
        values: Object.fromEntries(fields.map(([name, value]) => [`:${name}New`, value])),
      },
      {
        expression: 'attribute_exists(pk) AND #status IN (:active, :suspended)',
        values: { ':active': 'active', ':suspended': 'suspended' },
      },
    )
    return result.ok ? tenantRowSchema.parse(result.item) : null
  }

  /** Suspends the tenant or ends it; its sessions follow step by step. Null: no such tenant, or it is being deleted. */
  async setStatus(
    tenantId: string,
    change: { status: 'active' | 'suspended'; reason: string | null; now: number },
  ): Promise<TenantRow | null> {
    const result = await this.#tables.core.update(
      tenantKey(tenantId),
      {
        expression: 'SET #status = :status, #suspendedReason = :reason, #change = :change, #xpk = :xpk, #xsk = :xsk',
        values: {
          ':status': change.status,
          ':reason': change.reason,
          ':change': { requestedAt: change.now },
          ':xpk': CHANGING_PARTITION,
          ':xsk': `${timeKey(change.now)}#${tenantId}`,
        },
      },
      {
        expression: 'attribute_exists(pk) AND #status IN (:active, :suspended)',
        values: { ':active': 'active', ':suspended': 'suspended' },
      },
    )
    return result.ok ? tenantRowSchema.parse(result.item) : null
  }

  /** All sessions follow the status as it is in `row`; a later change of it stays under way. */
  async finishChange({ id, status, change }: TenantRow): Promise<void> {
    if (!change) return
    await this.#tables.core.update(
      tenantKey(id),
      { expression: 'REMOVE #change, #xpk, #xsk' },
      {
        expression: '#status = :status AND #change.#requestedAt = :requestedAt',
        values: { ':status': status, ':requestedAt': change.requestedAt },
      },
    )
  }

  /** Ids of tenants whose sessions do not all follow their status, oldest first (system role; eventually consistent). */
  async listChanging(limit: number): Promise<string[]> {
    return this.#listSystem(CHANGING_PARTITION, limit)
  }

  /** Starts the deletion, once; a later call returns the row as it stands. Null when there is no such tenant. */
  async startDeletion(tenantId: string, logout: boolean, now: number): Promise<TenantRow | null> {
    const result = await this.#tables.core.update(
      tenantKey(tenantId),
      {
        expression: 'SET #status = :deleting, #deletion = :deletion, #xpk = :xpk, #xsk = :xsk REMOVE #change',
        values: {
          ':deleting': 'deleting',
          ':deletion': { requestedAt: now, logout, shreddedAt: null },
          ':xpk': DELETING_PARTITION,
          ':xsk': `${timeKey(now)}#${tenantId}`,
        },
      },
      {
        expression: 'attribute_exists(pk) AND #status IN (:active, :suspended)',
        values: { ':active': 'active', ':suspended': 'suspended' },
      },
    )
    if (result.ok) return tenantRowSchema.parse(result.item)
    return result.item ? tenantRowSchema.parse(result.item) : null
  }

  /** The data keys are destroyed; from now on the sweeper removes the files. */
  async finishDeletion(tenantId: string, now: number): Promise<void> {
    await transact(this.#tables.client, [
      {
        table: this.#tables.core.name,
        update: tenantKey(tenantId),
        set: {
          expression: 'SET #status = :deleted, #deletion.#shreddedAt = :now REMOVE #xpk, #xsk',
          values: { ':deleted': 'deleted', ':now': now },
        },
        condition: { expression: '#status = :deleting', values: { ':deleting': 'deleting' } },
      },
      new Erasures(this.#tables).startLeg(tenantId, now),
    ])
  }

  /** Ids of tenants whose deletion is under way, oldest first (system role; eventually consistent). */
  async listDeleting(limit: number): Promise<string[]> {
    return this.#listSystem(DELETING_PARTITION, limit)
  }

  async #listSystem(partition: string, limit: number): Promise<string[]> {
    const page = await this.#tables.core.query({
      index: 'system',
      key: { expression: '#xpk = :pk', values: { ':pk': partition } },
      limit,
    })
    return page.items.map((item) => String(item.xsk).split('#')[1]!)
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
