import type { TenantScope } from '../core/tenant-scope.ts'
import {
  attemptSort,
  type DeliveryRef,
  deliveryIdPartition,
  deliveryItem,
  deliveryListKey,
  deliveryListPartition,
  dueSort,
  heldSort,
} from './delivery-keys.ts'
import { deliveryKey, heldIndex, systemIndex, timeKey } from './keys.ts'
import type { Page } from './page.ts'
import {
  type AttemptRow,
  attemptRowSchema,
  type DeliveryRow,
  type DeliveryStatus,
  deliveryRowSchema,
  type HeldReason,
  type NewAttemptRow,
  type NewDeliveryRow,
} from './rows/webhook.ts'
import { type Item, type Leg, transact } from './table.ts'
import type { Tables } from './tables.ts'

export interface AttemptOutcome {
  readonly status: Extract<DeliveryStatus, 'delivered' | 'retrying' | 'exhausted' | 'held' | 'expired'>
  readonly nextAttemptAt: number | null
  readonly heldReason?: HeldReason
  readonly attempt: NewAttemptRow
}

/** 13 digits: see timeKey */
const LATEST_TIME = 9_999_999_999_999
const OPEN_STATUSES = { ':pending': 'pending', ':retrying': 'retrying' }

/** The ledger of webhook deliveries: one row per event × endpoint × generation, its attempts beside it. */
export class Deliveries {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  /** Put-if-absent. @returns the row that stands: a pending one is sent all the same */
  async create(row: NewDeliveryRow): Promise<DeliveryRow> {
    const full = deliveryRowSchema.parse(row)
    const result = await this.#tables.messages.put(deliveryItem(this.#scope, full), {
      expression: 'attribute_not_exists(pk)',
    })
    return result.ok ? full : deliveryRowSchema.parse(result.item)
  }

  /** By id alone, through the list index (eventually consistent). */
  async find(deliveryId: string): Promise<DeliveryRow | null> {
    const page = await this.#tables.messages.query({
      index: 'list2',
      key: { expression: '#l2pk = :pk', values: { ':pk': deliveryIdPartition(this.#scope, deliveryId) } },
      limit: 1,
    })
    return page.items[0] ? deliveryRowSchema.parse(page.items[0]) : null
  }

  /** The last generation of an event × endpoint, consistently; null: there is none. */
  async latest(ref: Omit<DeliveryRef, 'generation'>): Promise<DeliveryRow | null> {
    const { pk } = deliveryKey(this.#scope, { ...ref, generation: 1 })
    let latest: DeliveryRow | null = null
    for await (const item of this.#tables.messages.queryAll({
      key: { expression: '#pk = :pk AND begins_with(#sk, :sk)', values: { ':pk': pk, ':sk': `${ref.eventId}#` } },
    }))
      if (item.generation !== undefined) latest = deliveryRowSchema.parse(item)
    return latest
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
        expression:
          'SET #status = :inFlight, #leaseUntil = :lease, #attempts = #attempts + :one, #xsk = :due, #slotAt = :none, #firstAttemptAt = if_not_exists(#firstAttemptAt, :now)',
        values: {
          ':now': now,
          ':inFlight': 'inFlight',
          ':lease': leaseUntil,
          ':one': 1,
          ':due': dueSort(leaseUntil, ref),
          ':none': null,
        },
      },
      {
        expression:
          '(#status IN (:pending, :retrying) AND #nextAttemptAt <= :now) OR (#status = :inFlight AND #leaseUntil <= :now)',
        values: { ':pending': 'pending', ':retrying': 'retrying', ':now': now },
      },
    )
    return result.ok ? deliveryRowSchema.parse(result.item) : null
  }

  /**
   * Records an attempt and what follows from it, with the events that tell of it, in one transaction.
   * False when our claim is over.
   */
  async record(delivery: DeliveryRow, outcome: AttemptOutcome, extraLegs: readonly Leg[] = []): Promise<boolean> {
    const key = deliveryKey(this.#scope, delivery)
    const waiting = outcome.nextAttemptAt !== null
    const held = outcome.status === 'held'
    const result = await transact(this.#tables.client, [
      {
        table: this.#tables.messages.name,
        update: key,
        set: {
          expression: `SET #status = :status, #nextAttemptAt = :next, #leaseUntil = :none, #lastError = :error, #lastStatus = :http, #completedAt = :completed, #heldReason = :heldReason, #manual = :no${waiting ? ', #xsk = :due' : held ? ', #xpk = :heldIndex, #xsk = :heldSort' : ' REMOVE #xpk, #xsk'}`,
          values: {
            ':status': outcome.status,
            ':next': outcome.nextAttemptAt,
            ':none': null,
            ':error': outcome.attempt.error,
            ':http': outcome.attempt.httpStatus,
            ':completed': waiting || held ? null : outcome.attempt.at,
            ':heldReason': outcome.heldReason ?? null,
            ':no': false,
            ...(held ? { ':heldIndex': heldIndex(delivery.endpointId), ':heldSort': heldSort(delivery) } : {}),
            ...(waiting ? { ':due': dueSort(outcome.nextAttemptAt!, delivery) } : {}),
          },
        },
        condition: {
          expression: '#status = :inFlight AND #attempts = :attempts AND #leaseUntil = :lease',
          values: { ':inFlight': 'inFlight', ':attempts': delivery.attempts, ':lease': delivery.leaseUntil },
        },
      },
      {
        table: this.#tables.messages.name,
        put: { pk: key.pk, sk: attemptSort(key.sk, outcome.attempt.number), ...outcome.attempt },
      },
      ...extraLegs,
    ])
    if (result.outcome === 'conflict') throw new Error('two writers on one delivery: the lease decides, try again')
    return result.outcome === 'written'
  }

  /** Parks a delivery without an attempt: visible as `held`, never dropped. False when it is not waiting any more. */
  async hold(delivery: DeliveryRow, reason: HeldReason, now: number): Promise<boolean> {
    return this.#change(
      delivery,
      'SET #status = :held, #heldReason = :reason, #nextAttemptAt = :none, #leaseUntil = :none, #slotAt = :none, #xpk = :index, #xsk = :sort',
      {
        ':held': 'held',
        ':reason': reason,
        ':none': null,
        ':index': heldIndex(delivery.endpointId),
        ':sort': heldSort(delivery),
      },
      '#status IN (:pending, :retrying) OR (#status = :inFlight AND #leaseUntil <= :now)',
      { ...OPEN_STATUSES, ':inFlight': 'inFlight', ':now': now },
    )
  }

  /** Ends a delivery without an attempt. */
  async settle(delivery: DeliveryRow, status: 'expired' | 'canceled', now: number): Promise<boolean> {
    return this.#change(
      delivery,
      'SET #status = :status, #nextAttemptAt = :none, #leaseUntil = :none, #completedAt = :now REMOVE #xpk, #xsk',
      { ':status': status, ':none': null, ':now': now },
      '#status IN (:pending, :retrying, :held) OR (#status = :inFlight AND #leaseUntil <= :now)',
      { ...OPEN_STATUSES, ':held': 'held', ':inFlight': 'inFlight' },
    )
  }

  /** Waits until `at`; `slotAt`: with a slot of the endpoint's rate in hand. */
  async postpone(delivery: DeliveryRow, at: number, slotAt: number | null): Promise<boolean> {
    return this.#change(
      delivery,
      'SET #nextAttemptAt = :at, #slotAt = :slot, #xsk = :sort',
      { ':at': at, ':slot': slotAt, ':sort': dueSort(at, delivery) },
      '#status IN (:pending, :retrying) AND #attempts = :attempts',
      { ...OPEN_STATUSES, ':attempts': delivery.attempts },
    )
  }

  /**
   * Makes a held or waiting delivery due now; a planned retry is superseded by it. False when it is settled or under way.
   * @param manual a person asked: it goes out although the breaker is open
   */
  async makeDue(delivery: DeliveryRow, now: number, manual: boolean): Promise<boolean> {
    const index = systemIndex('due', delivery.id, dueSort(now, delivery))
    return this.#change(
      delivery,
      'SET #status = :pending, #heldReason = :none, #nextAttemptAt = :now, #slotAt = :none, #manual = :manual, #xpk = :xpk, #xsk = :xsk',
      { ':now': now, ':none': null, ':manual': manual, ':xpk': index.xpk, ':xsk': index.xsk },
      '#status IN (:pending, :retrying, :held)',
      { ...OPEN_STATUSES, ':held': 'held' },
    )
  }

  async #change(
    delivery: DeliveryRow,
    expression: string,
    values: Item,
    condition: string,
    conditionValues: Item,
  ): Promise<boolean> {
    const result = await this.#tables.messages.update(
      deliveryKey(this.#scope, delivery),
      { expression, values },
      { expression: condition, values: conditionValues },
    )
    return result.ok
  }

  /** Newest first (eventually consistent). */
  async list(
    endpointId: string,
    input: { limit: number; after?: Item; status?: DeliveryStatus; createdFrom?: number; createdUntil?: number },
  ): Promise<Page<DeliveryRow>> {
    const from = timeKey(input.createdFrom ?? 0)
    const until = `${timeKey(input.createdUntil ?? LATEST_TIME)}~`
    const page = await this.#tables.messages.query({
      index: 'list1',
      key: {
        expression: '#l1pk = :pk AND #l1sk BETWEEN :from AND :until',
        values: { ':pk': deliveryListPartition(this.#scope, endpointId), ':from': from, ':until': until },
      },
      filter: input.status ? { expression: '#status = :status', values: { ':status': input.status } } : undefined,
      descending: true,
      limit: input.limit,
      after: input.after,
    })
    return { items: page.items.map((item) => deliveryRowSchema.parse(item)), next: page.lastKey }
  }

  /** Position right after a row of `list`. */
  listPosition(row: DeliveryRow): Item {
    return { ...deliveryKey(this.#scope, row), ...deliveryListKey(this.#scope, row) }
  }

  async listAttempts(ref: DeliveryRef): Promise<AttemptRow[]> {
    const key = deliveryKey(this.#scope, ref)
    const attempts: AttemptRow[] = []
    for await (const item of this.#tables.messages.queryAll({
      key: { expression: '#pk = :pk AND begins_with(#sk, :sk)', values: { ':pk': key.pk, ':sk': `${key.sk}#A#` } },
    }))
      attempts.push(attemptRowSchema.parse(item))
    return attempts
  }

  /** Removes what the attempts so far keep of requests and answers. */
  async expungeAttempts(ref: DeliveryRef, now: number): Promise<void> {
    const { pk, sk } = deliveryKey(this.#scope, ref)
    for (const attempt of await this.listAttempts(ref))
      await this.#tables.messages.update(
        { pk, sk: attemptSort(sk, attempt.number) },
        {
          expression:
            'SET #expungedAt = if_not_exists(#expungedAt, :now), #url = :none, #connection = :none, #requestHeaders = :empty, #responseHeaders = :empty, #responseBody = :none',
          values: { ':now': now, ':none': null, ':empty': {} },
        },
        { expression: 'attribute_exists(pk)' },
      )
  }
}
