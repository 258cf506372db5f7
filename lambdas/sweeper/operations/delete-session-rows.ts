import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import { endWaitingMessages } from '../../../shared/events/end-waiting-messages.ts'
import type { Log } from '../../../shared/log/log.ts'
import { type EraseServices, eraseMedia } from '../../../shared/media/erase-media.ts'
import { deleteSessionRows, listDeletedSessions } from '../../../shared/store/deleted-sessions.ts'
import type { EventRow } from '../../../shared/store/rows/message.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import { type FoldServices, foldSession } from '../../../shared/usage/fold-usage.ts'

const SESSIONS_PER_SHARD = 5
const ROWS_PER_SESSION = 500
const ENDED_PER_SESSION = 200
const FOLD_BUDGET_MS = 15_000
/** Webhooks of its last events are delivered within this time, or are told as exhausted. */
const KEEP_MS = 4 * 24 * 3_600_000

export interface DeletionServices extends FoldServices, EraseServices {
  readonly log: Log
  readonly publish: (events: readonly EventRow[]) => Promise<void>
}

/**
 * Rows of sessions whose deletion a worker has completed (log settled, device unlinked, tombstone). In bounded batches: a
 * session with a million messages takes its time and nobody else's. @returns rows deleted
 */
export const deleteRowsOfSessions = async (services: DeletionServices, now: number): Promise<number> => {
  const { tables, log } = services
  const deadline = performance.now() + FOLD_BUDGET_MS
  const refs = await listDeletedSessions(tables, { before: now - KEEP_MS, limitPerShard: SESSIONS_PER_SHARD })
  let deleted = 0
  for (const ref of refs) {
    const scope = TenantScope.fromVerified('systemRow', ref)
    const eraseFile = (mediaId: string) => eraseMedia(services, scope, mediaId)
    try {
      if (!(await endAll(services, scope, ref.sessionId, now))) continue
      // What happened is paid for: it is counted before nobody can count it any more.
      if (!(await foldSession(services, scope, ref.sessionId, deadline))) continue
      deleted += (await deleteSessionRows(tables, scope, ref.sessionId, ROWS_PER_SESSION, eraseFile)).deleted
    } catch (error) {
      log.error({ err: error, sessionId: ref.sessionId }, 'rows of a deleted session cannot be deleted, next time')
    }
  }
  return deleted
}

/**
 * A worker ends what waits before it settles a deletion, but not without end, and a message may have been accepted at that
 * moment: none goes without a word. @returns whether nothing waits any more
 */
const endAll = async (
  services: DeletionServices,
  scope: TenantScope,
  sessionId: string,
  now: number,
): Promise<boolean> => {
  const tenant = await new Tenants(services.tables).get(scope.tenantId)
  const { events, isComplete } = await endWaitingMessages(services, scope, sessionId, {
    limit: ENDED_PER_SESSION,
    now,
    isTold: tenant?.status !== 'deleted',
  })
  await services.publish(events)
  return isComplete
}
