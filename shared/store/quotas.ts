import type { TenantScope } from '../core/tenant-scope.ts'
import { dailyQuotaKey, dayOf, endpointQuotaKey, quotaKey } from './keys.ts'
import type { Leg } from './table.ts'
import type { Tables } from './tables.ts'

const KEPT_SECONDS = 3 * 24 * 3600
const TRIES = 4

/** What a tenant and mode has used of its quotas. */
export class Quotas {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  /** Leg of the transaction that makes a session: fails when there are `maximum` already. */
  takeSessionLeg(maximum: number): Leg {
    return {
      table: this.#tables.core.name,
      update: quotaKey(this.#scope),
      set: { expression: 'SET #sessions = if_not_exists(#sessions, :zero) + :one', values: { ':zero': 0, ':one': 1 } },
      condition: {
        // Nothing counted yet is zero, which is below every quota but one of nothing.
        expression: maximum < 1 ? '#sessions < :maximum' : 'attribute_not_exists(#sessions) OR #sessions < :maximum',
        values: { ':maximum': maximum },
      },
    }
  }

  /** Leg of the transaction that deletes a session. */
  giveSessionLeg(): Leg {
    return {
      table: this.#tables.core.name,
      update: quotaKey(this.#scope),
      set: { expression: 'SET #sessions = if_not_exists(#sessions, :one) - :one', values: { ':one': 1 } },
    }
  }

  /**
   * Leg of the transaction that makes a webhook endpoint: fails when there are `maximum` already.
   * @param standing how many there are, as just listed: what counts for endpoints of before there was a counter
   */
  takeEndpointLeg(maximum: number, standing: number): Leg {
    const first = standing < maximum ? 'attribute_not_exists(#endpoints) OR ' : ''
    return {
      table: this.#tables.core.name,
      update: endpointQuotaKey(this.#scope),
      set: {
        expression: 'SET #endpoints = if_not_exists(#endpoints, :standing) + :one',
        values: { ':standing': standing, ':one': 1 },
      },
      condition: { expression: `${first}#endpoints < :maximum`, values: { ':maximum': maximum } },
    }
  }

  /** Leg of the transaction that removes a webhook endpoint. @param standing as above, the removed one included */
  giveEndpointLeg(standing: number): Leg {
    return {
      table: this.#tables.core.name,
      update: endpointQuotaKey(this.#scope),
      set: {
        expression: 'SET #endpoints = if_not_exists(#endpoints, :standing) - :one',
        values: { ':standing': standing, ':one': 1 },
      },
    }
  }

  async sessions(): Promise<number> {
    const item = await this.#tables.core.get(quotaKey(this.#scope))
    return typeof item?.sessions === 'number' ? item.sessions : 0
  }

  /** Takes up to `wanted` messages from the quota of the UTC day of `now`: as many as are left, 0 when it is used up. */
  async takeMessages(now: number, wanted: number, maximum: number): Promise<number> {
    let amount = Math.min(wanted, maximum)
    for (let attempt = 0; attempt < TRIES && amount > 0; attempt++) {
      const result = await this.#tables.ephemeral.update(
        dailyQuotaKey(this.#scope, dayOf(now)),
        {
          expression: 'SET #taken = if_not_exists(#taken, :zero) + :amount, #ttl = :ttl',
          values: { ':zero': 0, ':amount': amount, ':ttl': Math.ceil(now / 1000) + KEPT_SECONDS },
        },
        { expression: 'attribute_not_exists(#taken) OR #taken <= :latest', values: { ':latest': maximum - amount } },
      )
      if (result.ok) return amount
      amount = Math.min(amount, maximum - Number(result.item?.taken ?? 0))
    }
    return 0
  }

  /** Messages of this day that were taken, spent or not (≤ one block per environment unspent). */
  async messagesTaken(now: number): Promise<number> {
    const item = await this.#tables.ephemeral.get(dailyQuotaKey(this.#scope, dayOf(now)))
    return typeof item?.taken === 'number' ? item.taken : 0
  }
}
