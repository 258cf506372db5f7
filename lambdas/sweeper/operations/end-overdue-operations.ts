import {
  endOfAbandoned,
  isOperationKind,
  isOperationSettled,
  OPERATION_KINDS,
} from '../../../shared/core/operation-kinds.ts'
import { isAlive } from '../../../shared/core/placement.ts'
import type { Log } from '../../../shared/log/log.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { listDueOperations, type OperationRef, OperationRows } from '../../../shared/store/operation-rows.ts'
import type { OperationRow } from '../../../shared/store/rows/operation.ts'
import type { Tables } from '../../../shared/store/tables.ts'
import { Workers } from '../../../shared/store/workers.ts'

const LIMIT_PER_SHARD = 25
/** the owner ends what it has in its hands; after this long it evidently does not */
const OWNER_GRACE_MS = 10 * 60_000

const EXPIRED = { code: 'operation_expired', message: 'The session did not carry it out in time.', retryable: true }
const UNKNOWN = {
  code: 'outcome_unknown',
  message: 'It was handed to WhatsApp and nobody heard the answer: it may have happened. Look before you repeat it.',
  retryable: false,
}

/**
 * Operations past their time: those that nobody began expire; those in the hands of a worker that is gone end expired
 * (they only read) or unknown; answers that were kept for a week are deleted. An operation makes no event.
 * @returns how many were ended, and how many deleted
 */
export const endOverdueOperations = async (
  { tables, log }: { tables: Tables; log: Log },
  now: number,
): Promise<{ ended: number; deleted: number }> => {
  const refs = await listDueOperations(tables, { before: now, limitPerShard: LIMIT_PER_SHARD })
  const results = await Promise.all(
    refs.map((ref) =>
      sweepOne(tables, ref, now).catch((error: unknown) => {
        // One row that cannot be read must not keep the others waiting.
        log.error({ err: error, operationId: ref.operationId }, 'an overdue operation cannot be ended')
        return 'left' as const
      }),
    ),
  )
  return {
    ended: results.filter((result) => result === 'ended').length,
    deleted: results.filter((result) => result === 'deleted').length,
  }
}

const sweepOne = async (
  tables: Tables,
  { scope, operationId }: OperationRef,
  now: number,
): Promise<'ended' | 'deleted' | 'left'> => {
  const rows = new OperationRows(tables, scope)
  const row = await rows.get(operationId)
  // The index may be older than the row: what was kept long enough is settled and says since when.
  if (!row) return 'left'
  if (isOperationSettled(row.status)) {
    if (!rows.isKeptLongEnough(row, now)) return 'left'
    await rows.remove(operationId)
    return 'deleted'
  }
  if (row.expiresAt > now) return 'left'
  if (row.status === 'running' && now - row.expiresAt < OWNER_GRACE_MS && (await isOwned(tables, scope, row)))
    return 'left'
  const effect = isOperationKind(row.kind) ? OPERATION_KINDS[row.kind].effect : 'once'
  const status = endOfAbandoned(effect, row.status === 'running')
  const failure = status === 'expired' ? EXPIRED : UNKNOWN
  return (await rows.end(row, { status, result: null, failure, at: now })) ? 'ended' : 'left'
}

const isOwned = async (tables: Tables, scope: OperationRef['scope'], row: OperationRow): Promise<boolean> => {
  const lease = await new Leases(tables, scope).get(row.sessionId)
  const worker = lease?.owner ? await new Workers(tables).get(lease.owner.workerId) : null
  return lease !== null && isAlive(lease.owner, worker)
}
