import { presentSession } from '../../../shared/contract/present.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { newId } from '../../../shared/core/ids.ts'
import { knownKinds } from '../../../shared/core/inbound-filter.ts'
import { makeControlEvent, publishCalmly } from '../../../shared/events/control-events.ts'
import { createOnce } from '../../../shared/http/create-once.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Events } from '../../../shared/store/events.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { Quotas } from '../../../shared/store/quotas.ts'
import type { EventRow } from '../../../shared/store/rows/message.ts'
import type { SessionRow } from '../../../shared/store/rows/session.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import type { ControlServices } from '../services.ts'
import { requireProxy, sealProxy } from '../session-proxy.ts'

/** SESSION, LEASE, the session.created event and the idempotency row: all in one transaction. */
export const createSession =
  (services: ControlServices): Handler<'createSession'> =>
  async ({ body }, context) => {
    const { tables } = services
    const { scope, now } = context
    const maximum = context.principal.limits.sessions
    let event: EventRow | null = null
    requireProxy(body.proxy, services)
    const { repeated, answer } = await createOnce(tables, context, body, async () => {
      const id = newId('ses', now)
      const proxy = body.proxy
        ? await sealProxy(body.proxy.url, { scope, sessionId: id, tenantKeys: services.tenantKeys })
        : null
      const row = newSession({ ...body, proxy, id, tenantId: scope.tenantId, mode: scope.mode, now })
      const presented = presentSession(row, null)
      event = await makeControlEvent(services.tenantKeys, scope, {
        type: 'session.created',
        sessionId: row.id,
        data: { session: presented },
        now,
      })
      context.note({ sessionId: row.id })
      return {
        legs: [
          new Sessions(tables, scope).createLeg(row),
          new Leases(tables, scope).createLeg(row.id),
          new Events(tables, scope).controlLeg(event),
          new Quotas(tables, scope).takeSessionLeg(maximum),
        ],
        explain: (failed) =>
          failed[3]
            ? new Fault('quota_exceeded', {
                detail: `This tenant has ${maximum} ${scope.mode} sessions, as many as it may: delete one, or ask for more.`,
                limit: { name: 'sessions', maximum },
              })
            : null,
        body: presented,
        location: `/v1/sessions/${row.id}`,
      }
    })
    if (!repeated && event) await publishCalmly(services.sink, services.log, [event])
    return answer
  }

const newSession = (input: {
  id: string
  tenantId: string
  mode: SessionRow['mode']
  name: string
  metadata: Record<string, string>
  pacing?: SessionRow['pacing']
  calls?: SessionRow['calls']
  inbound?: SessionRow['inbound']
  proxy: SessionRow['proxy']
  readReceipts?: SessionRow['readReceipts']
  now: number
}): SessionRow => ({
  v: 1,
  tenantId: input.tenantId,
  mode: input.mode,
  id: input.id,
  name: input.name,
  metadata: input.metadata,
  status: 'created',
  reason: null,
  phone: null,
  lid: null,
  pushName: null,
  connectedAt: null,
  loggedOutAt: null,
  link: null,
  ...(input.pacing ? { pacing: input.pacing } : {}),
  ...(input.calls ? { calls: input.calls } : {}),
  ...(input.inbound ? { inbound: { ignore: knownKinds(input.inbound.ignore) } } : {}),
  ...(input.proxy ? { proxy: input.proxy } : {}),
  ...(input.readReceipts ? { readReceipts: input.readReceipts } : {}),
  createdAt: input.now,
  stateEpoch: 0,
})
