import { presentSession } from '../../shared/contract/present.ts'
import { Fault } from '../../shared/core/fault.ts'
import type { Ring } from '../../shared/events/ring.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import { NO_SESSION, requireSession } from '../../shared/http/require-session.ts'
import { Leases } from '../../shared/store/leases.ts'
import type { DesiredState, LeaseRow, SessionRow } from '../../shared/store/rows/session.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import type { Leg } from '../../shared/store/table.ts'
import type { ControlServices } from './services.ts'

const TRIES = 4

export type SessionChange = Parameters<Sessions['patchLeg']>[2]

export interface Decision {
  readonly desired: DesiredState
  readonly ring: Ring['kind']
  /** change of META for the lease as it stands; null: none */
  readonly patch?: (lease: LeaseRow) => SessionChange | null
  /** legs of the same transaction */
  readonly legs?: readonly Leg[]
}

/**
 * The common path of every action on a session: read → decide (throws the 409) → LEASE, ASSIGNED and META in one
 * transaction → ring the owner or hint the reconciler → 202 with the session as it is now. The worker does the rest.
 */
export const changeDesired = async (
  services: ControlServices,
  context: TenantContext,
  sessionId: string,
  decide: (row: SessionRow) => Decision,
) => {
  const { tables } = services
  const leases = new Leases(tables, context.scope)
  const sessions = new Sessions(tables, context.scope)
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const row = await requireSession(tables, context, sessionId)
    const decision = decide(row)
    let patch: SessionChange | null = null
    const lease = await leases.setDesired(sessionId, decision.desired, (standing) => {
      context.audit({ before: presentSession(row, standing) })
      patch = decision.patch?.(standing) ?? null
      return [...(patch ? [sessions.patchLeg(sessionId, row.status, patch)] : []), ...(decision.legs ?? [])]
    })
    if (!lease) {
      if ((await leases.get(sessionId))?.desired === 'DELETED') throw new Fault('not_found', { detail: NO_SESSION })
      continue
    }
    context.note({ ring: await services.bell.ring(context.scope, lease, decision.ring) })
    const changed: SessionRow = { ...row, ...(patch as Partial<SessionRow> | null) }
    return {
      status: 202 as const,
      body: presentSession(changed, lease),
      headers: { Location: `/v1/sessions/${sessionId}` },
    }
  }
  throw new Fault('conflict', { detail: 'The session changed its state at the same moment: try again.' })
}
