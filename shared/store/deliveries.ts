import type { TenantScope } from '../core/tenant-scope.ts'
import { deliveryKey, SHARDS, systemIndex, timeKey } from './keys.ts'
import type { Page } from './page.ts'
import { type AttemptRow, attemptRowSchema, type DeliveryRow, type DeliveryStatus, deliveryRowSchema } from './rows.ts'
import { type Item, type Key, transact } from './table.ts'
import type { Tables } from './tables.ts'

/** What names a delivery; travels in the deliver queue. */
export interface DeliveryRef {
  readonly endpointId: string
  readonly day: string
  readonly eventId: string
  readonly generation: number
}

export interface AttemptOutcome {
  readonly status: Extract<DeliveryStatus, 'delivered' | 'retrying' | 'exhausted' | 'held' | 'expired'>
  readonly nextAttemptAt: number | null
  readonly attempt: AttemptRow
}

/** The ledger of webhook deliveries: one row per event × endpoint × generation, its attempts beside it. */
export class Deliveries {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  /** Put-if-absent. @returns the row that stands: a pending one is sent all the same */
  async create(row: DeliveryRow): Promise<DeliveryRow> {
    const result = await this.#tables.messages.put(this.#item(row), { expression: 'attribute_not_exists(pk)' })
    return result.ok ? row : deliveryRowSchema.parse(result.item)
  }

  async get(ref: DeliveryRef): Promise<DeliveryRow | null> {
    const item = await this.#tables.messages.get(deliveryKey(this.#scope, ref))
    return item ? deliveryRowSchema.parse(item) : null
  }

  /**
   * Claims the next attempt until `leaseUntil`. Null when somebody else has it, it is settled or held, or it is not due
   * any more at this attempt number. A crash after the POST leads to one more POST after the lease, with the same id.
   */
  async claim(ref: DeliveryRef, now: number, leaseUntil: number): Promise<DeliveryRow | null> {
    const result = await this.#tables.messages.update(
      deliveryKey(this.#scope, ref),
      {
        expression: 'SET #status = :inFlight, #leaseUntil = :lease, #attempts = #attempts + :one, #xsk = :due',
        values: { ':inFlight': 'inFlight', ':lease': leaseUntil, ':one': 1, ':due': this.#dueSort(leaseUntil, ref) },
      },
      {
        expression:
          '(#status IN (:pending, :retrying) AND #nextAttemptAt <= :now) OR (#status = :inFlight AND #leaseUntil <= :now)',
        values: { ':pending': 'pending', ':retrying': 'retrying', ':now': now },
      },
    )
    return result.ok ? deliveryRowSchema.parse(result.item) : null
  }

  /** Records an attempt and what follows from it, in one transaction. False when our claim is over. */
  async record(delivery: DeliveryRow, outcome: AttemptOutcome): Promise<boolean> {
    const key = deliveryKey(this.#scope, delivery)
    const waiting = outcome.nextAttemptAt !== null
    const result = await transact(this.#tables.client, [
      {
        table: this.#tables.messages.name,
        update: key,
        set: {
          expression: `SET #status = :status, #nextAttemptAt = :next, #leaseUntil = :none, #lastError = :error, #lastStatus = :http, #completedAt = :completed${waiting ? ', #xsk = :due' : ' REMOVE #xpk, #xsk'}`,
          values: {
            ':status': outcome.status,
            ':next': outcome.nextAttemptAt,
            ':none': null,
            ':error': outcome.attempt.error,
            ':http': outcome.attempt.httpStatus,
            ':completed': waiting ? null : outcome.attempt.at,
            ...(waiting ? { ':due': this.#dueSort(outcome.nextAttemptAt!, delivery) } : {}),
          },
        },
        condition: {
          expression: '#status = :inFlight AND #attempts = :attempts AND #leaseUntil = :lease',
          values: { ':inFlight': 'inFlight', ':attempts': delivery.attempts, ':lease': delivery.leaseUntil },
        },
      },
      {
        table: this.#tables.messages.name,
        put: { pk: key.pk, sk: `${key.sk}#A#${String(outcome.attempt.number).padStart(4, '0')}`, ...outcome.attempt },
      },
    ])
    if (result.outcome === 'conflict') throw new Error('two writers on one delivery: the lease decides, try again')
    return result.outcome === 'written'
  }

  /** Parks a delivery without an attempt (endpoint paused or disabled): visible as `held`, never dropped. */
  async hold(delivery: DeliveryRow): Promise<void> {
    await this.#tables.messages.update(
      deliveryKey(this.#scope, delivery),
      {
        expression: 'SET #status = :held, #nextAttemptAt = :none REMOVE #xpk, #xsk',
        values: { ':held': 'held', ':none': null },
      },
      {
        expression: '#status IN (:pending, :retrying, :inFlight)',
        values: { ':pending': 'pending', ':retrying': 'retrying', ':inFlight': 'inFlight' },
      },
    )
  }

  /** Newest first (eventually consistent). */
  async list(
    endpointId: string,
    input: { limit: number; after?: Item; status?: DeliveryStatus },
  ): Promise<Page<DeliveryRow>> {
    const page = await this.#tables.messages.query({
      index: 'list1',
      key: { expression: '#l1pk = :pk', values: { ':pk': this.#listPartition(endpointId) } },
      filter: input.status ? { expression: '#status = :status', values: { ':status': input.status } } : undefined,
      descending: true,
      limit: input.limit,
      after: input.after,
    })
    return { items: page.items.map((item) => deliveryRowSchema.parse(item)), next: page.lastKey }
  }

  /** Position right after a row of `list`. */
  listPosition(row: DeliveryRow): Item {
    return { ...deliveryKey(this.#scope, row), ...this.#listKey(row) }
  }

  async listAttempts(ref: DeliveryRef): Promise<AttemptRow[]> {
    const key = deliveryKey(this.#scope, ref)
    const page = await this.#tables.messages.query({
      key: { expression: '#pk = :pk AND begins_with(#sk, :sk)', values: { ':pk': key.pk, ':sk': `${key.sk}#A#` } },
    })
    return page.items.map((item) => attemptRowSchema.parse(item))
  }

  #listPartition(endpointId: string): string {
    return `${this.#scope.prefix}WH#${endpointId}`
  }

  #dueSort(at: number, ref: DeliveryRef): string {
    return `${timeKey(at)}#${ref.eventId}#${ref.endpointId}`
  }

  #item(row: DeliveryRow) {
    return {
      ...deliveryKey(this.#scope, row),
      ...row,
      ...(row.nextAttemptAt === null ? {} : systemIndex('due', row.id, this.#dueSort(row.nextAttemptAt, row))),
      ...this.#listKey(row),
    }
  }

  #listKey(row: DeliveryRow) {
    return { l1pk: this.#listPartition(row.endpointId), l1sk: `${timeKey(row.createdAt)}#${row.id}` }
  }
}

/** Deliveries that are due (or whose claim ran out) since before `before`: keys only (system role). */
export const listDue = async (tables: Tables, input: { before: number; limitPerShard: number }): Promise<Key[]> => {
  const pages = await Promise.all(
    Array.from({ length: SHARDS.due }, (_, shard) =>
      tables.messages.query({
        index: 'system',
        key: {
          expression: '#xpk = :pk AND #xsk < :before',
          values: { ':pk': `X#due#${shard}`, ':before': timeKey(input.before) },
        },
        limit: input.limitPerShard,
      }),
    ),
  )
  return pages.flatMap((page) => page.items.map((item) => ({ pk: String(item.pk), sk: String(item.sk) })))
}
