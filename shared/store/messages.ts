import { canAdvance, isSettled, type OutboundStatus, rankOf } from '../core/message-status.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { messageKey, openPartition } from './keys.ts'
import { listPartitions, UNLIST } from './message-keys.ts'
import { MessageLegs, messageItem, type StatusChange, stampsOf } from './message-legs.ts'
import type { Page } from './page.ts'
import type { Sealed } from './rows/fields.ts'
import { type MessageRow, messageRowSchema, type OpenRow, openRowSchema } from './rows/message.ts'
import { type Item, type Key, type Leg, transact } from './table.ts'
import type { Tables } from './tables.ts'
import { endedUsageLeg } from './usage.ts'

const CONFLICT_TRIES = 8

export type AcceptResult = { readonly outcome: 'accepted' | 'exists'; readonly row: MessageRow }

/** What a claim found. `lost`: somebody with a later epoch has it, it is settled, or it is gone. */
export type ClaimResult =
  | { readonly outcome: 'claimed'; readonly row: MessageRow; readonly before: MessageRow }
  | { readonly outcome: 'lost'; readonly row: MessageRow | null }

/** MESSAGE and OPEN rows (protocol §1, §2, §6). */
export class Messages {
  readonly #tables: Tables
  readonly #scope: TenantScope
  readonly #legs: MessageLegs

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
    this.#legs = new MessageLegs(tables, scope)
  }

  /**
   * MESSAGE (if not exists) and OPEN in one transaction. `exists` returns the message that stands there: the caller
   * compares request hashes; nothing was written.
   */
  async accept(row: MessageRow, notBefore: number): Promise<AcceptResult> {
    const { accepted, legs } = this.#legs.accept(row, notBefore)
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
      const result = await transact(this.#tables.client, legs)
      if (result.outcome === 'written') return { outcome: 'accepted', row: accepted }
      if (result.outcome === 'conditionFailed') {
        const found = result.items[0] ? messageRowSchema.parse(result.items[0]) : await this.get(row.id)
        if (found) return { outcome: 'exists', row: found }
      }
      await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 10 * 2 ** attempt))
    }
    throw new Error(`message ${row.id} could not be accepted: too many conflicts`)
  }

  async get(messageId: string): Promise<MessageRow | null> {
    const item = await this.#tables.messages.get(messageKey(this.#scope, messageId))
    return item ? messageRowSchema.parse(item) : null
  }

  /** The inbound row of an event; put-if-absent, so a replay writes nothing new. */
  async putInbound(row: MessageRow): Promise<void> {
    // Content that came late replaces what was shown as undecryptable, never the other way round.
    await this.#tables.messages.put(messageItem(this.#scope, row), {
      expression: 'attribute_not_exists(pk) OR #type = :undecryptable',
      values: { ':undecryptable': 'undecryptable' },
    })
  }

  /** Its author gave it another text. A later edit stands; safe to repeat. @param content sealed, for this row */
  async edit(messageId: string, content: Sealed, editedAt: number): Promise<void> {
    await this.#tables.messages.update(
      messageKey(this.#scope, messageId),
      {
        expression: 'SET #content = :content, #editedAt = :at',
        values: { ':content': content, ':at': editedAt },
      },
      { expression: 'attribute_exists(pk) AND (attribute_not_exists(#editedAt) OR #editedAt < :at)' },
    )
  }

  /** Deleted for everyone, by its author or an admin; the first time stands. */
  async markDeleted(messageId: string, deletedAt: number): Promise<void> {
    await this.#tables.messages.update(
      messageKey(this.#scope, messageId),
      { expression: 'SET #deletedAt = :at', values: { ':at': deletedAt } },
      { expression: 'attribute_exists(pk) AND attribute_not_exists(#deletedAt)' },
    )
  }

  /** We told the sender of an inbound message that it was read; once. */
  async markRead(messageId: string, at: number): Promise<void> {
    await this.#tables.messages.update(
      messageKey(this.#scope, messageId),
      { expression: 'SET #readAt = :at', values: { ':at': at } },
      {
        expression: 'attribute_exists(pk) AND #direction = :inbound AND attribute_type(#readAt, :null)',
        values: { ':inbound': 'inbound', ':null': 'NULL' },
      },
    )
  }

  /** OPEN rows in order, consistently, due or not. `after` is the last sort key seen. */
  async listOpen(
    sessionId: string,
    input: { limit: number; afterSortKey?: string },
  ): Promise<{ rows: OpenRow[]; end: boolean }> {
    const pk = openPartition(this.#scope, sessionId)
    const page = await this.#tables.messages.query({
      key: { expression: '#pk = :pk', values: { ':pk': pk } },
      limit: input.limit,
      after: input.afterSortKey ? { pk, sk: input.afterSortKey } : undefined,
    })
    return {
      rows: page.items.map((item) => ({ ...openRowSchema.parse(item), sk: String(item.sk) })),
      end: page.lastKey === null,
    }
  }

  /** An OPEN row whose message is missing or settled is deleted by whoever reads it. */
  async dropOpen(sessionId: string, sortKey: string): Promise<void> {
    await this.#tables.messages.remove({ pk: openPartition(this.#scope, sessionId), sk: sortKey })
  }

  /** The claim of protocol §6, due scheduled rows included. */
  async claim(messageId: string, claim: { epoch: number; claimToken: string }): Promise<ClaimResult> {
    const result = await this.#tables.messages.update(
      messageKey(this.#scope, messageId),
      {
        expression: `SET #status = :sending, #rank = :rank, #epoch = :epoch, #claimToken = :token, #attempts = #attempts + :one${UNLIST}`,
        values: {
          ':sending': 'sending',
          ':rank': rankOf('sending'),
          ':epoch': claim.epoch,
          ':token': claim.claimToken,
          ':one': 1,
        },
      },
      {
        expression:
          'attribute_exists(pk) AND ((#status IN (:queued, :scheduled) AND #epoch <= :epoch) OR (#status = :sending AND #epoch < :epoch) OR (#status = :sending AND #epoch = :epoch AND #claimToken = :token))',
        values: { ':queued': 'queued', ':scheduled': 'scheduled' },
      },
      true,
    )
    if (!result.ok) return { outcome: 'lost', row: result.item ? messageRowSchema.parse(result.item) : null }
    const before = messageRowSchema.parse(result.item)
    const row: MessageRow = {
      ...before,
      status: 'sending',
      epoch: claim.epoch,
      claimToken: claim.claimToken,
      attempts: before.attempts + 1,
    }
    return { outcome: 'claimed', row, before }
  }

  /**
   * Stores the wire form once: IF epoch = mine and none is stored. @returns the bytes that stand: ours, or the earlier
   * ones, which are relayed as they are; null when the row moved on to a later epoch
   */
  async storeProto(messageId: string, epoch: number, proto: Sealed): Promise<Sealed | null> {
    const result = await this.#tables.messages.update(
      messageKey(this.#scope, messageId),
      { expression: 'SET #proto = :proto', values: { ':proto': proto } },
      { expression: '#epoch = :epoch AND attribute_not_exists(#proto)', values: { ':epoch': epoch } },
    )
    if (result.ok) return proto
    const standing = result.item ? messageRowSchema.parse(result.item) : null
    return standing?.epoch === epoch ? (standing.proto ?? null) : null
  }

  /** A delay decided after accept (pacing, restriction): an attribute, never a new OPEN key. */
  async delay(messageId: string, until: number): Promise<void> {
    await this.#tables.messages.update(
      messageKey(this.#scope, messageId),
      { expression: 'SET #delayedUntil = :until', values: { ':until': until } },
      {
        expression: 'attribute_exists(pk) AND #status IN (:queued, :scheduled)',
        values: { ':queued': 'queued', ':scheduled': 'scheduled' },
      },
    )
  }

  /**
   * Moves the status up by rank and, when that settles the message, deletes its OPEN row in the same transaction.
   * A lower or equal rank writes nothing. @returns the row as it stands; null when it is gone
   */
  async advance(messageId: string, change: StatusChange): Promise<MessageRow | null> {
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
      const row = await this.get(messageId)
      if (!row || row.direction === 'inbound') return row
      if (!canAdvance(row.status as OutboundStatus, change.status)) {
        if (isSettled(row.status) && row.openKey) await this.dropOpen(row.sessionId, row.openKey)
        return row
      }
      const stamps = stampsOf(change.status, row)
      const result = await transact(this.#tables.client, this.#legs.changeStatus(row, change, stamps))
      if (result.outcome === 'written')
        return {
          ...row,
          status: change.status,
          failure: change.failure ?? null,
          ...Object.fromEntries(stamps.map((stamp) => [stamp, change.at])),
        }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt))
    }
    throw new Error(`message ${messageId} could not be advanced to ${change.status}: too many conflicts`)
  }

  /**
   * `canceled`, only from scheduled or queued, with its event and its count in the same transaction: a claim at the same
   * moment wins or loses, never both.
   * @param tell leg of the event of the canceled row
   * @returns the row as it stands after the try, null when unknown; and whether this call canceled it
   */
  async cancel(
    messageId: string,
    now: number,
    tell: (canceled: MessageRow) => Promise<Leg>,
  ): Promise<{ row: MessageRow | null; isWritten: boolean }> {
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
      const row = await this.get(messageId)
      if (!row || row.direction === 'inbound' || !canAdvance(row.status as OutboundStatus, 'canceled'))
        return { row, isWritten: false }
      const canceled: MessageRow = { ...row, status: 'canceled', failure: null }
      const result = await transact(this.#tables.client, [
        ...this.#legs.changeStatus(row, { status: 'canceled', at: now }, []),
        await tell(canceled),
        endedUsageLeg(this.#tables, this.#scope, row, { status: 'canceled', at: now }),
      ])
      if (result.outcome === 'written') return { row: canceled, isWritten: true }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt))
    }
    throw new Error(`message ${messageId} could not be canceled: too many conflicts`)
  }

  /** All of a session, newest first (eventually consistent). For searches: MessageLists. */
  async list(input: { sessionId: string; limit: number; after?: Item }): Promise<Page<MessageRow>> {
    const page = await this.#tables.messages.query({
      index: 'list1',
      key: { expression: '#l1pk = :pk', values: { ':pk': listPartitions.session(this.#scope, input.sessionId) } },
      limit: input.limit,
      descending: true,
      after: input.after,
    })
    return { items: page.items.map((item) => messageRowSchema.parse(item)), next: page.lastKey }
  }

  keyOf(messageId: string): Key {
    return messageKey(this.#scope, messageId)
  }
}
