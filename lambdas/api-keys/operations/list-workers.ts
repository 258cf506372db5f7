import type { Handler } from '../../../shared/http/handler.ts'
import { Workers } from '../../../shared/store/workers.ts'
import { presentWorker } from '../present-worker.ts'
import type { KeyServices } from '../services.ts'

export const listWorkers =
  ({ tables }: KeyServices): Handler<'listWorkers'> =>
  async () => {
    const workers = new Workers(tables)
    const rows = (await Promise.all([workers.list('live'), workers.list('test')])).flat()
    return { status: 200, body: { data: rows.map(presentWorker), nextCursor: null, hasMore: false } }
  }
