import { presentSession } from '../../../shared/contract/present.ts'
import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import type { TenantKeys } from '../../../shared/crypto/tenant-keys.ts'
import { makeControlEvent } from '../../../shared/events/control-events.ts'
import { Events } from '../../../shared/store/events.ts'
import type { EventRow } from '../../../shared/store/rows/message.ts'
import { listUntold, Sessions } from '../../../shared/store/sessions.ts'
import { transact } from '../../../shared/store/table.ts'
import type { Tables } from '../../../shared/store/tables.ts'

const LIMIT_PER_SHARD = 25

/**
 * Sessions that the reconciler set aside: it may not open a tenant's data key, so it marks META, and the event is made
 * here. The mark and the event change in one transaction: told once. @returns the events to publish
 */
export const tellFailedSessions = async (
  { tables, tenantKeys }: { tables: Tables; tenantKeys: TenantKeys },
  now: number,
): Promise<EventRow[]> => {
  const refs = await listUntold(tables, LIMIT_PER_SHARD)
  const told = await Promise.all(
    refs.map(async (ref) => {
      const scope = TenantScope.fromVerified('systemRow', ref)
      const sessions = new Sessions(tables, scope)
      const row = await sessions.get(ref.sessionId)
      if (!row) return null
      const event = await makeControlEvent(tenantKeys, scope, {
        type: 'session.failed',
        sessionId: row.id,
        data: { session: presentSession(row, null) },
        now,
      })
      const legs = [sessions.toldLeg(row.id), new Events(tables, scope).controlLeg(event)]
      return (await transact(tables.client, legs)).outcome === 'written' ? event : null
    }),
  )
  return told.filter((event) => event !== null)
}
