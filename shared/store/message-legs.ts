import { isSettled, type OutboundStatus, rankOf } from '../core/message-status.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { messageKey, openPartition, openSortKey, systemIndex, timeKey } from './keys.ts'
import { listKeys, relist } from './message-keys.ts'
import type { Failure, MessageRow } from './rows/message.ts'
import type { Item, Key, Leg } from './table.ts'
import type { Tables } from './tables.ts'

export interface StatusChange {
  readonly status: OutboundStatus
  readonly at: number
  readonly failure?: Failure | null
}

export type Stamp = 'sentAt' | 'deliveredAt' | 'readAt'

/** A receipt proves the steps before it, also when it overtakes the server's ack: what has no time yet gets the receipt's. */
export const stampsOf = (status: OutboundStatus, row: Pick<MessageRow, Stamp>): readonly Stamp[] => {
  const proven: Record<string, readonly Stamp[]> = {
    sent: ['sentAt'],
    delivered: ['sentAt', 'deliveredAt'],
    read: ['sentAt', 'deliveredAt', 'readAt'],
    played: ['sentAt', 'deliveredAt', 'readAt'],
  }
  return (proven[status] ?? []).filter((stamp) => row[stamp] === null)
}

/** MESSAGE as it is stored: with its rank and its places in the lists. */
export const messageItem = (scope: TenantScope, row: MessageRow): Item & Key => ({
  ...messageKey(scope, row.id),
  ...row,
  rank: row.direction === 'outbound' ? rankOf(row.status as OutboundStatus) : 0,
  ...listKeys(scope, row),
})

/** Legs of the transactions in which MESSAGE and its OPEN row change together. */
export class MessageLegs {
  readonly #table: string
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#table = tables.messages.name
    this.#scope = scope
  }

  /** MESSAGE, if there is none of its id, and OPEN. @returns the message as it will stand, with the key of its OPEN row */
  accept(row: MessageRow, notBefore: number): { readonly accepted: MessageRow; readonly legs: readonly Leg[] } {
    const openKey = openSortKey(notBefore, row.createdAt, row.id)
    const accepted: MessageRow = { ...row, openKey }
    return {
      accepted,
      legs: [
        {
          table: this.#table,
          put: messageItem(this.#scope, accepted),
          condition: { expression: 'attribute_not_exists(pk)' },
        },
        {
          table: this.#table,
          put: {
            pk: openPartition(this.#scope, row.sessionId),
            sk: openKey,
            v: 1,
            messageId: row.id,
            notBefore,
            expiresAt: row.expiresAt,
            chat: row.to.phone ?? row.to.lid ?? row.to.jid ?? undefined,
            ...systemIndex('expires', row.id, `${timeKey(row.expiresAt!)}#${row.id}`),
          },
        },
      ],
    }
  }

  /** MESSAGE, only while its status is as it was read, and the end of its OPEN row when that settles it. */
  changeStatus(row: MessageRow, change: StatusChange, stamps: readonly Stamp[]): Leg[] {
    const lists = relist(this.#scope, row, change.status)
    const update: Leg = {
      table: this.#table,
      update: messageKey(this.#scope, row.id),
      set: {
        expression: [
          'SET #status = :status, #rank = :rank, #failure = :failure',
          ...stamps.map((stamp) => `, #${stamp} = :at`),
          lists.expression,
        ].join(''),
        values: {
          ':status': change.status,
          ':rank': rankOf(change.status),
          ':failure': change.failure ?? null,
          ...(stamps.length ? { ':at': change.at } : {}),
          ...lists.values,
        },
      },
      condition: { expression: 'attribute_exists(pk) AND #status = :was', values: { ':was': row.status } },
    }
    if (!isSettled(change.status) || !row.openKey) return [update]
    return [update, { table: this.#table, remove: { pk: openPartition(this.#scope, row.sessionId), sk: row.openKey } }]
  }
}
