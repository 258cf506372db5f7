import { assertNever } from '../../../shared/core/assert-never.ts'
import { decideNeed } from '../../../shared/core/placement.ts'
import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import { sendHint } from '../../../shared/fleet/hints.ts'
import { emitMetrics } from '../../../shared/log/metrics.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { type SessionRef, Workers } from '../../../shared/store/workers.ts'
import type { ReconcilerContext } from '../context.ts'
import { quarantineSession } from './quarantine-session.ts'
import { startAllocation } from './start-allocation.ts'

/** An execution of AllocateSession takes well under a second. */
const LOOK_AGAIN_SECONDS = 2

/** Level-triggered: looks at the lease and its owner, and starts an allocation if the session needs one. */
export const reconcileSession = async (
  context: ReconcilerContext,
  ref: SessionRef,
): Promise<'none' | 'owned' | 'quarantined' | 'started' | 'running' | 'moved'> => {
  const leases = new Leases(context.tables, TenantScope.fromVerified('systemRow', ref))
  const lease = await leases.get(ref.sessionId)
  const owner = lease?.owner ? await new Workers(context.tables).get(lease.owner.workerId) : null
  const need = decideNeed(lease, owner)
  switch (need) {
    case 'none':
    case 'owned':
      return need
    case 'quarantine':
      await quarantineSession(context, leases, lease!)
      return 'quarantined'
    case 'allocate': {
      const outcome = await startAllocation(context, leases, lease!)
      if (outcome === 'started') emitMetrics({ allocation_start_count: [1, 'Count'] })
      if (outcome === 'running')
        await sendHint(context.sqs, context.hintsQueueUrl, { v: 1, kind: 'session', ...ref }, LOOK_AGAIN_SECONDS)
      return outcome
    }
    default:
      return assertNever(need)
  }
}
