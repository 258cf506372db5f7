import { Fault } from '../../../shared/core/fault.ts'
import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Workers } from '../../../shared/store/workers.ts'
import { presentWorker } from '../present-worker.ts'
import type { KeyServices } from '../services.ts'

/** The worker reads its own row at each beat: within ten seconds it begins to hand over, five sessions a second. */
export const drainWorker =
  ({ tables }: KeyServices): Handler<'drainWorker'> =>
  async ({ params }, context) => {
    const workers = new Workers(tables)
    const row = await workers.get(params.workerId)
    if (!row) throw notFoundOf(context.operation)
    context.audit({ before: presentWorker(row) })
    if (row.status === 'DRAINING') return { status: 202, body: presentWorker(row) }
    if (row.status !== 'READY')
      throw new Fault('conflict', {
        detail: `The worker is ${row.status.toLowerCase()}: only a ready one can be drained.`,
      })
    if (!(await workers.setStatus(row.id, row.incarnation, 'DRAINING')))
      throw new Fault('conflict', {
        detail: 'The worker was declared dead at this moment: its sessions are being moved.',
      })
    return { status: 202, body: presentWorker({ ...row, status: 'DRAINING' }) }
  }
