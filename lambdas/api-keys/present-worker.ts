import type * as z from 'zod'
import type { workerSchema } from '../../shared/contract/admin.ts'
import type { WorkerRow } from '../../shared/store/rows/fleet.ts'

const BYTES_PER_MB = 1024 * 1024

export const presentWorker = (row: WorkerRow): z.input<typeof workerSchema> => ({
  id: row.id,
  incarnation: row.incarnation,
  mode: row.mode,
  status: row.status.toLowerCase() as Lowercase<WorkerRow['status']>,
  sessions: row.used,
  capacity: row.capacity,
  version: row.version,
  rssMb: row.rssBytes === null ? null : Math.round(row.rssBytes / BYTES_PER_MB),
  loopLagMs: row.loopLagMs ?? null,
  heartbeatAt: new Date(row.heartbeat.at).toISOString(),
})
