import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { Events } from '../../shared/store/events.ts'
import { eventDataPlace } from '../../shared/store/places.ts'

/** Reads the events of sessions as their tenant would. */
export const makeEventReader = (scope: TenantScope, events: Events, tenantKeys: TenantKeys) => {
  /** All events after the sequence so far, without a gap, with their data. */
  const readEvents = async (sessionId: string, afterSequence = 0) => {
    const { rows } = await events.readSession(sessionId, { afterSequence, limit: 900 })
    return Promise.all(
      rows.map(async (row) => ({
        ...row,
        data: (await tenantKeys.open(scope, eventDataPlace(row.id), row.data)) as {
          message?: { id: string; status: string; text?: { body: string }; whatsappId: string; from: unknown }
          session?: { status: string; phone: string | null }
        },
      })),
    )
  }

  /** However many there are: one page holds 1 MB. */
  const readAllEvents = async (sessionId: string) => {
    const all: Awaited<ReturnType<typeof readEvents>> = []
    for (;;) {
      const page = await readEvents(sessionId, all.at(-1)?.sequence ?? 0)
      if (page.length === 0) return all
      all.push(...page)
    }
  }

  return { readEvents, readAllEvents }
}
