import type { Operations } from '../../shared/contract/operations.ts'
import type { OperationInputs } from '../../shared/core/operation-inputs.ts'
import type { OperationKind } from '../../shared/core/operation-kinds.ts'
import type { Handler, InputOf, TenantContext } from '../../shared/http/handler.ts'
import { requireSession } from '../../shared/http/require-session.ts'
import { runCommand } from './run-command.ts'
import type { OperationServices } from './services.ts'

/**
 * The handler of an operation that the session's worker carries out.
 * @param inputOf what the worker is to read; called after the session was found, so that nothing else is told before
 */
export const command =
  <Kind extends OperationKind>(
    services: OperationServices,
    kind: Kind,
    inputOf: (
      input: InputOf<Operations[Kind]>,
      context: TenantContext,
    ) => OperationInputs[Kind] | Promise<OperationInputs[Kind]>,
  ): Handler<Kind> =>
  async (input, context) => {
    const { params } = input as { params: { sessionId: string } }
    const tenantContext = context as TenantContext
    const session = await requireSession(services.tables, tenantContext, params.sessionId)
    const answer = await runCommand(services, tenantContext, {
      session,
      kind,
      input: await inputOf(input, tenantContext),
    })
    // The worker answers with the body of the contract; its own test compares the two.
    return answer as never
  }
