import { diagnose } from '../../../../shared/core/diagnosis.ts'
import type { Handler } from '../../../../shared/http/handler.ts'
import { requireSession } from '../../../../shared/http/require-session.ts'
import { Leases } from '../../../../shared/store/leases.ts'
import { Messages } from '../../../../shared/store/messages.ts'
import { Sessions } from '../../../../shared/store/sessions.ts'
import { Workers } from '../../../../shared/store/workers.ts'
import type { ControlServices } from '../../services.ts'

const QUEUE_LOOK = 100

/** Everything is read now and by its own key; nothing is asked of the worker, which may be what is broken. */
export const diagnoseSession =
  ({ tables }: ControlServices): Handler<'diagnoseSession'> =>
  async ({ params }, context) => {
    const { scope, now } = context
    const row = await requireSession(tables, context, params.sessionId)
    const [lease, sight, open] = await Promise.all([
      new Leases(tables, scope).get(row.id),
      new Sessions(tables, scope).getLinkSight(row.id, now),
      new Messages(tables, scope).listOpen(row.id, { limit: QUEUE_LOOK }),
    ])
    const worker = lease?.owner ? await new Workers(tables).get(lease.owner.workerId) : null
    const isServing =
      worker !== null &&
      worker.incarnation === lease?.owner?.incarnation &&
      ['READY', 'DRAINING'].includes(worker.status)
    const nextAt = open.rows[0]?.notBefore ?? null
    const diagnosis = diagnose(
      {
        session: {
          status: row.status,
          reason: row.reason,
          phone: row.phone,
          connectedAt: row.connectedAt,
          hasLinkSight: sight !== null,
          restrictedUntil: row.restriction?.until ?? null,
        },
        lease: {
          desired: lease?.desired ?? 'STOPPED',
          hasOwner: lease?.owner != null,
          settled: lease?.settled ?? true,
          crashes: lease?.crashes ?? 0,
        },
        worker: worker && { isServing, heartbeatAt: worker.heartbeat.at },
        queue: { waiting: open.rows.length, nextAt },
      },
      now,
    )
    return {
      status: 200,
      body: {
        sessionId: row.id,
        mode: row.mode,
        status: row.status,
        reason: row.reason && { ...row.reason, since: new Date(row.reason.since).toISOString() },
        ...diagnosis,
        checks: [...diagnosis.checks],
        queue: {
          waiting: open.rows.length,
          more: !open.end,
          nextAt: nextAt === null ? null : new Date(nextAt).toISOString(),
        },
        at: new Date(now).toISOString(),
      },
    }
  }
