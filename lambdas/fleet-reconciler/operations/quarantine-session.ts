import { QUARANTINE_CRASHES } from '../../../shared/core/placement.ts'
import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import { emitMetrics } from '../../../shared/log/metrics.ts'
import type { Leases } from '../../../shared/store/leases.ts'
import type { LeaseRow } from '../../../shared/store/rows/session.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import type { ReconcilerContext } from '../context.ts'

/**
 * Sets a session aside that brought its workers down: off its dead owner, `failed{quarantined}`, nobody opens it until a
 * person looks or the tenant asks for a restart. Once: later calls find it without an owner.
 */
export const quarantineSession = async (context: ReconcilerContext, leases: Leases, lease: LeaseRow): Promise<void> => {
  if (!lease.owner) return
  const { sessionId, epoch, owner } = lease
  if (!(await leases.release({ sessionId, epoch, owner }, false))) return
  const scope = TenantScope.fromVerified('systemRow', lease)
  // With the epoch after the release: no earlier owner overwrites it.
  await new Sessions(context.tables, scope).writeUntold(sessionId, epoch + 1, {
    status: 'failed',
    reason: { code: 'quarantined', retryable: false, nextAction: 'restart', since: context.now() },
  })
  context.log.error({ sessionId, crashes: lease.crashes, limit: QUARANTINE_CRASHES }, 'session quarantined')
  emitMetrics({ session_quarantine_count: [1, 'Count'] })
}
