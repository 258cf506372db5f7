import * as z from 'zod'
import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { Workers } from '../../../shared/store/workers.ts'
import { presentPlacedSession } from '../present-placed-session.ts'
import type { KeyServices } from '../services.ts'

/** Sessions per page, at least; a worker's sessions are never split over two pages. */
const PAGE = 100
const positionSchema = z.object({ after: z.string() })

/** By worker, in the order of worker ids; sessions that nobody has follow on the last page. */
export const listPlacedSessions =
  ({ tables }: KeyServices): Handler<'listPlacedSessions'> =>
  async ({ query }, { cursors }) => {
    const { workerId, mode, cursor } = query
    const binding = { owner: 'admin', operation: 'listPlacedSessions', filters: { workerId, mode } }
    const after = cursor ? positionSchema.parse(cursors.verifyJson(binding, cursor)).after : ''
    const workers = new Workers(tables)
    const modes = mode ? [mode] : (['live', 'test'] as const)
    const fleet = (await Promise.all(modes.map((each) => workers.list(each)))).flat()
    const left = fleet
      .filter(({ id }) => id > after && (!workerId || id === workerId))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    const data = []
    let last = after
    for (const worker of left) {
      if (data.length >= PAGE)
        return { status: 200, body: { data, nextCursor: cursors.signJson(binding, { after: last }), hasMore: true } }
      const rows = await workers.readAssigned(worker.id, worker.incarnation)
      data.push(...rows.map((row) => presentPlacedSession(row, worker.id)))
      last = worker.id
    }
    if (!workerId) data.push(...(await listUnowned(tables, workers, modes)))
    return { status: 200, body: { data, nextCursor: null, hasMore: false } }
  }

const listUnowned = async (tables: KeyServices['tables'], workers: Workers, modes: readonly string[]) => {
  const refs = (await workers.listUnowned()).filter(({ mode }) => modes.includes(mode))
  const leases = await Promise.all(
    refs.map((ref) => new Leases(tables, TenantScope.fromVerified('systemRow', ref)).get(ref.sessionId)),
  )
  // The index lags: who has an owner by now is listed with it.
  return leases.flatMap((lease) => (lease && lease.owner === null ? [presentPlacedSession(lease, null)] : []))
}
