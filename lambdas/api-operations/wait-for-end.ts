import { isOperationSettled } from '../../shared/core/operation-kinds.ts'
import type { OperationRows } from '../../shared/store/operation-rows.ts'
import type { OperationRow } from '../../shared/store/rows/operation.ts'

const FIRST_PAUSE_MS = 40
const PAUSE_MAX_MS = 300
const GROWTH = 1.4

const EXPIRED = {
  code: 'operation_expired',
  message: 'The session was not connected in time; nothing was done.',
  retryable: true,
} as const

/** The operation when it has ended, or as it stands after that time. One that never began in its time ends here. */
export const waitForEnd = async (
  rows: OperationRows,
  row: OperationRow,
  waitSeconds: number,
): Promise<OperationRow> => {
  const end = performance.now() + waitSeconds * 1_000
  let current = row
  for (
    let pauseMs = FIRST_PAUSE_MS;
    !isOperationSettled(current.status);
    pauseMs = Math.min(pauseMs * GROWTH, PAUSE_MAX_MS)
  ) {
    current = await endIfExpired(rows, current, Date.now())
    if (isOperationSettled(current.status) || performance.now() >= end) return current
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(pauseMs, end - performance.now()))))
    current = (await rows.get(row.id)) ?? current
  }
  return current
}

/** Nobody begins an operation after its time: whoever sees that may say so. */
export const endIfExpired = async (rows: OperationRows, row: OperationRow, now: number): Promise<OperationRow> => {
  if (row.status !== 'pending' || row.expiresAt > now) return row
  await rows.end(row, { status: 'expired', result: null, failure: EXPIRED, at: now })
  return (await rows.get(row.id)) ?? row
}
