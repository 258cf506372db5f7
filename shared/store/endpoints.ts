import type { TenantScope } from '../core/tenant-scope.ts'
import { endpointKey, endpointPartition } from './keys.ts'
import { type EndpointRow, endpointRowSchema, type NewEndpointRow } from './rows/webhook.ts'
import type { Leg } from './table.ts'
import type { Tables } from './tables.ts'

export type EndpointPatch = Partial<
  Omit<EndpointRow, 'v' | 'tenantId' | 'mode' | 'id' | 'createdAt' | 'rotations' | 'secrets'>
>

/** Webhook endpoints of a tenant (core table; one partition per tenant and mode, small by quota). */
export class Endpoints {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  createLeg(row: NewEndpointRow): Leg {
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
  async update(endpointId: string, patch: EndpointPatch): Promise<EndpointRow | null> {
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

  /** Change of the status, for the transaction of the event that tells of it; fails unless the status is `from`. */
  statusLeg(
    endpointId: string,
    change: { from: EndpointRow['status']; to: EndpointRow['status']; reason: string | null },
  ): Leg {
    return {
      table: this.#tables.core.name,
      update: endpointKey(this.#scope, endpointId),
      set: {
        expression: 'SET #status = :to, #statusReason = :reason',
        values: { ':to': change.to, ':reason': change.reason },
      },
      condition: { expression: '#status = :from', values: { ':from': change.from } },
    }
  }

  /** Null when it is gone, or when another rotation was faster. */
  async rotateSecrets(row: EndpointRow, secrets: EndpointRow['secrets']): Promise<EndpointRow | null> {
    const result = await this.#tables.core.update(
      endpointKey(this.#scope, row.id),
      {
        expression: 'SET #secrets = :secrets, #rotations = :next',
        values: { ':secrets': secrets, ':next': row.rotations + 1 },
      },
      row.rotations === 0
        ? {
            expression: 'attribute_exists(pk) AND (attribute_not_exists(#rotations) OR #rotations = :before)',
            values: { ':before': 0 },
          }
        : { expression: '#rotations = :before', values: { ':before': row.rotations } },
    )
    return result.ok ? endpointRowSchema.parse(result.item) : null
  }

  /** Fails when there is none. */
  removeLeg(endpointId: string): Leg {
    return {
      table: this.#tables.core.name,
      remove: endpointKey(this.#scope, endpointId),
      condition: { expression: 'attribute_exists(pk)' },
    }
  }

  /** Of a deleted tenant, whose quota nobody asks for. False when there was none. */
  async remove(endpointId: string): Promise<boolean> {
    const result = await this.#tables.core.remove(endpointKey(this.#scope, endpointId), {
      expression: 'attribute_exists(pk)',
    })
    return result.ok
  }
}
