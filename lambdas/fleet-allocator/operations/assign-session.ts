import { chooseCandidates, decideLaunch, decideNeed } from '../../../shared/core/placement.ts'
import { type Mode, TenantScope } from '../../../shared/core/tenant-scope.ts'
import { Leases } from '../../../shared/store/leases.ts'
import type { WorkerRow } from '../../../shared/store/rows/fleet.ts'
import type { LeaseRow } from '../../../shared/store/rows/session.ts'
import { Workers } from '../../../shared/store/workers.ts'
import type { AllocatorContext } from '../context.ts'

const ROUNDS = 3

interface Assigned {
  readonly queueUrl: string
  readonly workerId: string
  readonly incarnation: number
  readonly epoch: number
}

/**
 * `alreadyOwned` carries the owner too: it may be our own earlier call whose answer was lost, so it is rung again.
 * `waiting`: nobody has room, and a launch is under way or has to wait. `raced`: look again in a moment.
 */
export type AssignAnswer =
  | ({ readonly outcome: 'assigned' | 'alreadyOwned' } & Assigned)
  | { readonly outcome: 'noCapacity'; readonly launchName: string }
  | { readonly outcome: 'notWanted' | 'waiting' | 'raced' }

/** Chooses among the fittest READY workers of the mode and assigns in one transaction. */
export const assignSession = async (
  context: AllocatorContext,
  input: { tenantId: string; mode: Mode; sessionId: string },
): Promise<AssignAnswer> => {
  const workers = new Workers(context.tables)
  const leases = new Leases(context.tables, TenantScope.fromVerified('envelope', input))
  for (let round = 0; round < ROUNDS; round++) {
    const [lease, fleet] = await Promise.all([leases.get(input.sessionId), workers.list(input.mode)])
    const owner = lease?.owner ? await workers.get(lease.owner.workerId) : null
    const need = decideNeed(lease, owner)
    if (!lease || need === 'none' || need === 'quarantine') return { outcome: 'notWanted' }
    if (need === 'owned') return ownedBy(lease)
    const candidates = chooseCandidates(fleet, {
      ...input,
      version: context.version,
      avoid: lease.avoid,
      refused: lease.refusedVersions,
      random: context.random,
    })
    if (candidates.length === 0) {
      // A launch would run the deployed version. If that one cannot read the log, only a deployment helps.
      if (context.version !== null && lease.refusedVersions?.includes(context.version)) {
        context.log.error(
          { sessionId: input.sessionId, version: context.version },
          'a newer version wrote the log of this session than the one that is deployed',
        )
        return { outcome: 'waiting' }
      }
      return wantCapacity(context, fleet, input.mode)
    }
    const assigned = await tryCandidates(leases, lease, candidates)
    if (assigned) {
      context.log.info({ sessionId: input.sessionId, workerId: assigned.workerId, epoch: assigned.epoch }, 'assigned')
      return { outcome: 'assigned', ...assigned }
    }
  }
  return { outcome: 'raced' }
}

/** @returns null when the lease moved on, or every candidate refused: read again */
const tryCandidates = async (
  leases: Leases,
  lease: LeaseRow,
  candidates: readonly WorkerRow[],
): Promise<Assigned | null> => {
  for (const { id: workerId, incarnation, queueUrl } of candidates) {
    if (queueUrl === null) continue
    const result = await leases.assign(lease, { workerId, incarnation, queueUrl })
    if (result.outcome === 'assigned') return { queueUrl, workerId, incarnation, epoch: result.epoch }
    if (result.outcome === 'raced') return null
  }
  return null
}

const ownedBy = ({ owner, queueUrl, epoch }: LeaseRow): AssignAnswer =>
  owner && queueUrl ? { outcome: 'alreadyOwned', queueUrl, ...owner, epoch } : { outcome: 'raced' }

const wantCapacity = (context: AllocatorContext, fleet: readonly WorkerRow[], mode: Mode): AssignAnswer => {
  const decision = decideLaunch(fleet, mode, context.now())
  if (decision.launch) return { outcome: 'noCapacity', launchName: decision.name }
  context.log.info({ mode, because: decision.because }, 'no room; no launch now')
  return { outcome: 'waiting' }
}
