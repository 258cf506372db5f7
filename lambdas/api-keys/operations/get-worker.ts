import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Workers } from '../../../shared/store/workers.ts'
import { presentWorker } from '../present-worker.ts'
import type { KeyServices } from '../services.ts'

export const getWorker =
  ({ tables }: KeyServices): Handler<'getWorker'> =>
  async ({ params }, context) => {
    const row = await new Workers(tables).get(params.workerId)
    if (!row) throw notFoundOf(context.operation)
    return { status: 200, body: presentWorker(row) }
  }
