import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import type { Log } from '../../../shared/log/log.ts'
import { deleteSessionRows, listDeletedSessions } from '../../../shared/store/deleted-sessions.ts'
import type { Tables } from '../../../shared/store/tables.ts'

const SESSIONS_PER_SHARD = 5
const ROWS_PER_SESSION = 500
/** Webhooks of its last events are delivered within this time, or are told as exhausted. */
const KEEP_MS = 4 * 24 * 3_600_000

/**
 * Rows of sessions whose deletion a worker has completed (log settled, device unlinked, tombstone). In bounded batches: a
 * session with a million messages takes its time and nobody else's. @returns rows deleted
 */
export const deleteRowsOfSessions = async (tables: Tables, log: Log, now: number): Promise<number> => {
  const refs = await listDeletedSessions(tables, { before: now - KEEP_MS, limitPerShard: SESSIONS_PER_SHARD })
  let deleted = 0
  for (const ref of refs) {
    const scope = TenantScope.fromVerified('systemRow', ref)
    try {
      deleted += (await deleteSessionRows(tables, scope, ref.sessionId, ROWS_PER_SESSION)).deleted
    } catch (error) {
      log.error({ err: error, sessionId: ref.sessionId }, 'rows of a deleted session cannot be deleted, next time')
    }
  }
  return deleted
}
