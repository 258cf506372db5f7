import type { OperationStatus } from '../core/operation-kinds.ts'
import { TenantScope } from '../core/tenant-scope.ts'
import { openOperationPartition, operationKey, SHARDS, systemIndex, timeKey } from './keys.ts'
import type { Sealed } from './rows/fields.ts'
import type { Failure } from './rows/message.ts'
import {
  type OpenOperationRow,
  type OperationRow,
  openOperationRowSchema,
  operationRowSchema,
} from './rows/operation.ts'
import { transact } from './table.ts'
import type { Tables } from './tables.ts'

const CONFLICT_TRIES = 8
/** An answer can be fetched, and its Idempotency-Key repeated, for this long. */
const KEEP_MS = 7 * 24 * 3_600_000

export type OperationClaim =
  | { readonly outcome: 'claimed'; readonly row: OperationRow; readonly before: OperationRow }
  /** settled, expired, somebody else's, or gone */
  | { readonly outcome: 'lost'; readonly row: OperationRow | null }

export interface OperationEnd {
  readonly status: Exclude<OperationStatus, 'pending' | 'running'>
  readonly result: Sealed | null
  readonly failure: Failure | null
  readonly at: number
}

/** OPERATION and OPENOP rows (protocol §1, §9): commands with an answer. */
export class OperationRows {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  /** OPERATION (if not exists) and OPENOP in one transaction. `exists` returns the one that stands there. */
  async accept(row: Omit<OperationRow, 'openKey'>): Promise<{ outcome: 'accepted' | 'exists'; row: OperationRow }> {
    const complete: OperationRow = { ...row, openKey: `${timeKey(row.createdAt)}#${row.id}` }
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
      const result = await transact(this.#tables.client, [
        {
          table: this.#table,
          put: {
            ...operationKey(this.#scope, row.id),
            ...complete,
            ...systemIndex('operations', row.id, `${timeKey(row.expiresAt)}#${row.id}`),
          },
          condition: { expression: 'attribute_not_exists(pk)' },
        },
        {
          table: this.#table,
          put: {
            pk: openOperationPartition(this.#scope, row.sessionId),
            sk: complete.openKey,
            v: 1,
            operationId: row.id,
            expiresAt: row.expiresAt,
          },
        },
      ])
      if (result.outcome === 'written') return { outcome: 'accepted', row: complete }
      const found = await this.get(row.id)
      if (found) return { outcome: 'exists', row: found }
      await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 10 * 2 ** attempt))
    }
    throw new Error(`operation ${row.id} could not be accepted: too many conflicts`)
  }

  async get(operationId: string): Promise<OperationRow | null> {
    const item = await this.#tables.messages.get(operationKey(this.#scope, operationId))
    return item ? operationRowSchema.parse(item) : null
  }

  /** OPENOP rows, oldest first, consistently. */
  async listOpen(
    sessionId: string,
    input: { limit: number; afterSortKey?: string },
  ): Promise<{ rows: OpenOperationRow[]; end: boolean }> {
    const pk = openOperationPartition(this.#scope, sessionId)
    const page = await this.#tables.messages.query({
      key: { expression: '#pk = :pk', values: { ':pk': pk } },
      limit: input.limit,
      after: input.afterSortKey ? { pk, sk: input.afterSortKey } : undefined,
    })
    return {
      rows: page.items.map((item) => ({ ...openOperationRowSchema.parse(item), sk: String(item.sk) })),
      end: page.lastKey === null,
    }
  }

  /** An OPENOP row whose operation is gone or settled is deleted by whoever reads it. */
  async dropOpen(sessionId: string, sortKey: string): Promise<void> {
    await this.#tables.messages.remove({ pk: openOperationPartition(this.#scope, sessionId), sk: sortKey })
  }

  /** Takes a pending operation in its time, or one that an earlier owner (or this one, before) had in its hands. */
  async claim(operationId: string, claim: { epoch: number; claimToken: string; now: number }): Promise<OperationClaim> {
    const result = await this.#tables.messages.update(
      operationKey(this.#scope, operationId),
      {
        expression:
          'SET #status = :running, #epoch = :epoch, #claimToken = :token, #startedAt = :now, #attempts = #attempts + :one',
        values: {
          ':running': 'running',
          ':epoch': claim.epoch,
          ':token': claim.claimToken,
          ':now': claim.now,
          ':one': 1,
        },
      },
      {
        expression:
          'attribute_exists(pk) AND ((#status = :pending AND #epoch <= :epoch AND #expiresAt > :now) OR (#status = :running AND #epoch < :epoch) OR (#status = :running AND #epoch = :epoch AND #claimToken = :token))',
        values: { ':pending': 'pending' },
      },
      true,
    )
    if (!result.ok) return { outcome: 'lost', row: result.item ? operationRowSchema.parse(result.item) : null }
    const before = operationRowSchema.parse(result.item)
    return {
      outcome: 'claimed',
      before,
      row: {
        ...before,
        status: 'running',
        epoch: claim.epoch,
        claimToken: claim.claimToken,
        startedAt: claim.now,
        attempts: before.attempts + 1,
      },
    }
  }

  /**
   * Ends an operation and deletes its OPENOP row, only while it is as it was read: in this state, under this epoch.
   * @returns whether it was written
   */
  async end(row: OperationRow, end: OperationEnd): Promise<boolean> {
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
      const result = await transact(this.#tables.client, [
        {
          table: this.#table,
          update: operationKey(this.#scope, row.id),
          set: {
            expression:
              'SET #status = :status, #result = :result, #failure = :failure, #completedAt = :at, #xsk = :deleteAt',
            values: {
              ':status': end.status,
              ':result': end.result,
              ':failure': end.failure,
              ':at': end.at,
              ':deleteAt': `${timeKey(end.at + KEEP_MS)}#${row.id}`,
            },
          },
          condition: {
            expression: 'attribute_exists(pk) AND #status = :was AND #epoch = :epoch',
            values: { ':was': row.status, ':epoch': row.epoch },
          },
        },
        {
          table: this.#table,
          remove: { pk: openOperationPartition(this.#scope, row.sessionId), sk: row.openKey },
        },
      ])
      if (result.outcome === 'written') return true
      if (result.outcome === 'conditionFailed') return false
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt))
    }
    throw new Error(`operation ${row.id} could not be ended: too many conflicts`)
  }

  /** Its answer could be fetched for a week. */
  isKeptLongEnough(row: OperationRow, now: number): boolean {
    return row.completedAt !== null && row.completedAt + KEEP_MS <= now
  }

  async remove(operationId: string): Promise<void> {
    await this.#tables.messages.remove(operationKey(this.#scope, operationId))
  }

  get #table(): string {
    return this.#tables.messages.name
  }
}

export interface OperationRef {
  readonly scope: TenantScope
  readonly operationId: string
}

/** Operations past their time: to be ended, or kept long enough (system role; eventually consistent). */
export const listDueOperations = async (
  tables: Tables,
  input: { before: number; limitPerShard: number },
): Promise<OperationRef[]> => {
  const pages = await Promise.all(
    Array.from({ length: SHARDS.operations }, (_, shard) =>
      tables.messages.query({
        index: 'system',
        key: {
          expression: '#xpk = :pk AND #xsk < :before',
          values: { ':pk': `X#operations#${shard}`, ':before': timeKey(input.before) },
        },
        limit: input.limitPerShard,
      }),
    ),
  )
  return pages.flatMap((page) => page.items.map((item) => refOf(String(item.pk))))
}

/** T#<tenant>#<L|T>#OP#<operation> */
const refOf = (pk: string): OperationRef => {
  const [, tenantId = '', mode, , operationId = ''] = pk.split('#')
  const scope = TenantScope.fromVerified('systemRow', { tenantId, mode: mode === 'L' ? 'live' : 'test' })
  return { scope, operationId }
}
