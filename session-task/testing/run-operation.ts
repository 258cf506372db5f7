import type * as z from 'zod'
import { operations } from '../../shared/contract/operations.ts'
import { newId } from '../../shared/core/ids.ts'
import type { OperationInputs, Target } from '../../shared/core/operation-inputs.ts'
import { isOperationSettled, OPERATION_KINDS, type OperationKind } from '../../shared/core/operation-kinds.ts'
import { openResult, sealInput } from '../../shared/crypto/operation-answers.ts'
import { OperationRows } from '../../shared/store/operation-rows.ts'
import type { OperationRow } from '../../shared/store/rows/operation.ts'
import { type TestFleet, until } from './test-fleet.ts'

export const person = (phone: string): Target => ({ phone: `+${phone}`, lid: null, group: null })

/** What the API does for a command: rows, then a ring. */
export const acceptOperation = async <Kind extends OperationKind>(
  fleet: TestFleet,
  sessionId: string,
  kind: Kind,
  input: OperationInputs[Kind],
  more: Partial<OperationRow> = {},
): Promise<OperationRow> => {
  const id = newId('op')
  const now = Date.now()
  const { row } = await new OperationRows(fleet.tables, fleet.scope).accept({
    v: 1,
    tenantId: fleet.scope.tenantId,
    mode: fleet.scope.mode,
    id,
    sessionId,
    kind,
    status: 'pending',
    input: await sealInput(fleet.tenantKeys, fleet.scope, id, input),
    result: null,
    failure: null,
    requestHash: 'hash',
    createdAt: now,
    expiresAt: now + OPERATION_KINDS[kind].expiresAfterSeconds * 1_000,
    startedAt: null,
    completedAt: null,
    epoch: 0,
    claimToken: null,
    attempts: 0,
    ...more,
  })
  await fleet.ring((await fleet.leases.get(sessionId))?.queueUrl ?? null, 'operations', sessionId)
  return row
}

export const untilOperation = (fleet: TestFleet, operationId: string): Promise<OperationRow> =>
  until(`operation ${operationId} ended`, async () => {
    const row = await new OperationRows(fleet.tables, fleet.scope).get(operationId)
    return row && isOperationSettled(row.status) ? row : null
  })

type ResultOf<Kind extends OperationKind> = z.output<(typeof operations)[Kind]['responses'][200]>

/** Runs a command to its end. @returns its answer, which is exactly what the contract says */
export const runOperation = async <Kind extends OperationKind>(
  fleet: TestFleet,
  sessionId: string,
  kind: Kind,
  input: OperationInputs[Kind],
): Promise<ResultOf<Kind>> => {
  const { id } = await acceptOperation(fleet, sessionId, kind, input)
  const row = await untilOperation(fleet, id)
  if (row.status !== 'succeeded' || !row.result)
    throw new Error(`${kind} ended ${row.status}: ${JSON.stringify(row.failure)}`)
  const result = await openResult(fleet.tenantKeys, fleet.scope, id, row.result)
  const parsed = operations[kind].responses[200].parse(result)
  // Nothing that the contract does not name, and nothing that it would change.
  if (JSON.stringify(sorted(parsed)) !== JSON.stringify(sorted(result)))
    throw new Error(`${kind}: the answer is not what the contract says: ${JSON.stringify(result)}`)
  return parsed as ResultOf<Kind>
}

/** @returns what it failed with, or how it ended */
export const failOperation = async <Kind extends OperationKind>(
  fleet: TestFleet,
  sessionId: string,
  kind: Kind,
  input: OperationInputs[Kind],
): Promise<string> => {
  const { id } = await acceptOperation(fleet, sessionId, kind, input)
  const row = await untilOperation(fleet, id)
  return row.failure?.code ?? row.status
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  )
}
