import { decideNeed } from '../../../shared/core/placement.ts'
import { type Mode, TenantScope } from '../../../shared/core/tenant-scope.ts'
import { Leases } from '../../../shared/store/leases.ts'
import type { WorkerRow } from '../../../shared/store/rows/fleet.ts'
import { Workers } from '../../../shared/store/workers.ts'
import type { PlannerContext } from '../context.ts'

/** More than this many waiting sessions change no decision. */
const LOOK_AT_MOST = 200

export interface FleetSight {
  readonly fleet: readonly WorkerRow[]
  /** sessions that need an owner: unowned ones, and those of workers that are gone */
  readonly waiting: number
}

/** The index of unowned sessions lags: each entry is checked by a consistent read of its lease. */
export const lookAtFleet = async (context: PlannerContext, mode: Mode): Promise<FleetSight> => {
  const workers = new Workers(context.tables)
  const [fleet, unowned] = await Promise.all([workers.list(mode), workers.listUnowned()])
  const listed = unowned.filter((ref) => ref.mode === mode)
  const needs = await Promise.all(
    listed.slice(0, LOOK_AT_MOST).map(async (ref) => {
      const leases = new Leases(context.tables, TenantScope.fromVerified('systemRow', ref))
      const lease = await leases.get(ref.sessionId)
      return lease?.owner === null && decideNeed(lease, null) === 'allocate'
    }),
  )
  const gone = fleet.filter(({ status }) => status === 'DEAD' || status === 'DRAINED')
  const left = await Promise.all(gone.map((worker) => workers.readAssigned(worker.id, worker.incarnation)))
  const beyond = Math.max(0, listed.length - LOOK_AT_MOST)
  return { fleet, waiting: needs.filter(Boolean).length + left.flat().length + beyond }
}
