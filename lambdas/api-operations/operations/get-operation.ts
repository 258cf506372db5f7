import type { Operation } from '../../../shared/contract/operation.ts'
import { operations } from '../../../shared/contract/operations.ts'
import { holdsScopes } from '../../../shared/core/api-key-rules.ts'
import { Fault } from '../../../shared/core/fault.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { OperationRows } from '../../../shared/store/operation-rows.ts'
import { presentOperation } from '../present-operation.ts'
import type { OperationServices } from '../services.ts'
import { endIfExpired } from '../wait-for-end.ts'

const ALL: Readonly<Record<string, Operation>> = operations

/** An answer is as secret as the question: the key needs the scopes of the request that made the operation. */
export const getOperation =
  ({ tables, tenantKeys }: OperationServices): Handler<'getOperation'> =>
  async ({ params }, context) => {
    context.note({ operationId: params.operationId })
    const rows = new OperationRows(tables, context.scope)
    const found = await rows.get(params.operationId)
    const { key } = context.principal
    const isVisible =
      found &&
      (key.sessionId === null || key.sessionId === found.sessionId) &&
      holdsScopes(key, ALL[found.kind]?.scopes ?? ['sessions:manage'])
    if (!isVisible) throw new Fault('not_found', { detail: 'No operation with this id.' })
    const row = await endIfExpired(rows, found, Date.now())
    return { status: 200, body: await presentOperation(tenantKeys, context, row) }
  }
