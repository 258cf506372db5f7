import type * as z from 'zod'
import type { operationSchema } from '../../shared/contract/operation-resource.ts'
import { FAULTS, Fault, type FaultCode } from '../../shared/core/fault.ts'
import { openResult } from '../../shared/crypto/operation-answers.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import type { Failure } from '../../shared/store/rows/message.ts'
import type { OperationRow } from '../../shared/store/rows/operation.ts'

/** An operation as its tenant sees it. */
export const presentOperation = async (
  tenantKeys: TenantKeys,
  { scope }: TenantContext,
  row: OperationRow,
): Promise<z.input<typeof operationSchema>> => ({
  id: row.id,
  sessionId: row.sessionId,
  mode: row.mode,
  kind: row.kind,
  status: row.status,
  result: row.result === null ? null : await openResult(tenantKeys, scope, row.id, row.result),
  failure: row.failure,
  createdAt: new Date(row.createdAt).toISOString(),
  expiresAt: new Date(row.expiresAt).toISOString(),
  completedAt: row.completedAt === null ? null : new Date(row.completedAt).toISOString(),
})

/** What a caller that waited is told instead of an answer. */
export const faultOfFailure = (row: OperationRow): Fault => {
  const failure: Failure = row.failure ?? { code: 'outcome_unknown', message: 'It has no answer.', retryable: false }
  const code: FaultCode = failure.code in FAULTS ? (failure.code as FaultCode) : 'whatsapp_rejected'
  return new Fault(code, { detail: `${failure.message} (operation ${row.id})` })
}
