import type * as z from 'zod'
import type { placedSessionSchema } from '../../shared/contract/admin.ts'
import type { AssignedRow, DesiredState } from '../../shared/store/rows/session.ts'

type Placed = Pick<AssignedRow, 'sessionId' | 'tenantId' | 'mode' | 'desired' | 'epoch'>

export const presentPlacedSession = (row: Placed, workerId: string | null): z.input<typeof placedSessionSchema> => ({
  id: row.sessionId,
  tenantId: row.tenantId,
  mode: row.mode,
  desired: row.desired.toLowerCase() as Lowercase<DesiredState>,
  workerId,
  epoch: row.epoch,
})
