import type { TenantScope } from '../core/tenant-scope.ts'
import { endpointKey, endpointPartition } from './keys.ts'
import { type EndpointRow, endpointRowSchema } from './rows.ts'
import type { Leg } from './table.ts'
import type { Tables } from './tables.ts'

/** Webhook endpoints of a tenant (core table; one partition per tenant and mode, small by quota). */
export class Endpoints {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  createLeg(row: EndpointRow): Leg {
    return {
      table: this.#tables.core.name,
      put: { ...endpointKey(this.#scope, row.id), ...row },
      condition: { expression: 'attribute_not_exists(pk)' },
    }
  }

  async get(endpointId: string): Promise<EndpointRow | null> {
    const item = await this.#tables.core.get(endpointKey(this.#scope, endpointId))
    return item ? endpointRowSchema.parse(item) : null
  }

  /** All of them, consistently, oldest first. */
  async listAll(): Promise<EndpointRow[]> {
    const rows: EndpointRow[] = []
    for await (const item of this.#tables.core.queryAll({
      key: { expression: '#pk = :pk', values: { ':pk': endpointPartition(this.#scope) } },
    }))
      rows.push(endpointRowSchema.parse(item))
    return rows
  }

  /** Null when it is gone. */
  async update(
    endpointId: string,
    patch: Partial<Pick<EndpointRow, 'url' | 'events' | 'description' | 'status' | 'statusReason' | 'secrets'>>,
  ): Promise<EndpointRow | null> {
    const fields = Object.entries(patch).filter(([, value]) => value !== undefined)
    const result = await this.#tables.core.update(
      endpointKey(this.#scope, endpointId),
      {
        expression: `SET ${fields.map(([name]) => `#${name} = :${name}`).join(', ')}`,
        values: Object.fromEntries(fields.map(([name, value]) => [`:${name}`, value])),
      },
      { expression: 'attribute_exists(pk)' },
    )
    return result.ok ? endpointRowSchema.parse(result.item) : null
  }

  /** False when there was none. */
  async remove(endpointId: string): Promise<boolean> {
    const result = await this.#tables.core.remove(endpointKey(this.#scope, endpointId), {
      expression: 'attribute_exists(pk)',
    })
    return result.ok
  }
}
