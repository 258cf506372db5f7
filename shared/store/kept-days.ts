import { firstLookAt } from '../core/event-retention.ts'
import type { Mode, TenantScope } from '../core/tenant-scope.ts'
import { SHARDS, systemIndex, timeKey } from './keys.ts'
import type { Key } from './table.ts'
import type { Tables } from './tables.ts'

/** What a day's rows belong to: the log of a session, the control-plane log, the ledger of an endpoint. */
export type DayOwner =
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'control' }
  | { readonly kind: 'endpoint'; readonly id: string }

export interface KeptDay {
  readonly tenantId: string
  readonly mode: Mode
  readonly day: string
  readonly owner: DayOwner
}

const nameOf = (owner: DayOwner): string => (owner.kind === 'control' ? 'control#-' : `${owner.kind}#${owner.id}`)

/**
 * One row per owner and day that has events or deliveries: how the sweeper finds what is too old, also of sessions where
 * nothing happens any more. Written by fan-out, which sees every event.
 */
export class KeptDays {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  async mark(day: string, owner: DayOwner): Promise<void> {
    const key = this.#key(day, owner)
    await this.#tables.messages.put(
      { ...key, v: 1, ...systemIndex('retention', key.pk + key.sk, timeKey(firstLookAt(day))) },
      { expression: 'attribute_not_exists(pk)' },
    )
  }

  /** Look again then. */
  async keep({ day, owner }: KeptDay, until: number): Promise<void> {
    await this.#tables.messages.update(
      this.#key(day, owner),
      { expression: 'SET #xsk = :until', values: { ':until': timeKey(until) } },
      { expression: 'attribute_exists(pk)' },
    )
  }

  async remove({ day, owner }: KeptDay): Promise<void> {
    await this.#tables.messages.remove(this.#key(day, owner))
  }

  #key(day: string, owner: DayOwner): Key {
    return { pk: `${this.#scope.prefix}RT#${day}`, sk: nameOf(owner) }
  }
}

/** Days to look at (system role; eventually consistent). */
export const listKeptDays = async (
  tables: Tables,
  input: { before: number; limitPerShard: number },
): Promise<KeptDay[]> => {
  const pages = await Promise.all(
    Array.from({ length: SHARDS.retention }, (_, shard) =>
      tables.messages.query({
        index: 'system',
        key: {
          expression: '#xpk = :pk AND #xsk < :before',
          values: { ':pk': `X#retention#${shard}`, ':before': timeKey(input.before) },
        },
        limit: input.limitPerShard,
      }),
    ),
  )
  return pages.flatMap((page) => page.items.map((item) => parse(String(item.pk), String(item.sk))))
}

/** From T#<tenant>#<L|T>#RT#<day> / <kind>#<id>. */
const parse = (pk: string, sk: string): KeptDay => {
  const [, tenantId, letter, , day] = pk.split('#')
  const [kind, id] = sk.split('#')
  if (!tenantId || !day || !id || (kind !== 'session' && kind !== 'control' && kind !== 'endpoint'))
    throw new Error('not a row of a kept day')
  return {
    tenantId,
    mode: letter === 'L' ? 'live' : 'test',
    day,
    owner: kind === 'control' ? { kind } : { kind, id },
  }
}
