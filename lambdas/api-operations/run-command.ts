import { hashOfRequest } from '../../shared/core/canonical-json.ts'
import { Fault } from '../../shared/core/fault.ts'
import { newId, operationIdOfKey } from '../../shared/core/ids.ts'
import { isOperationSettled, OPERATION_KINDS, type OperationKind } from '../../shared/core/operation-kinds.ts'
import { acceptsMessages, type SessionStatus } from '../../shared/core/session-status.ts'
import { openResult, sealInput } from '../../shared/crypto/operation-answers.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import { parsePreferWait } from '../../shared/http/prefer.ts'
import { isLinked } from '../../shared/http/require-session.ts'
import { Leases } from '../../shared/store/leases.ts'
import { OperationRows } from '../../shared/store/operation-rows.ts'
import type { OperationRow } from '../../shared/store/rows/operation.ts'
import type { SessionRow } from '../../shared/store/rows/session.ts'
import { faultOfFailure, presentOperation } from './present-operation.ts'
import type { OperationServices } from './services.ts'
import { waitForEnd } from './wait-for-end.ts'

/** Nobody connects these by themselves. */
const RESTING: readonly SessionStatus[] = ['stopped', 'failed']

interface Command {
  readonly session: SessionRow
  readonly kind: OperationKind
  readonly input: unknown
  readonly asked?: unknown
}

type CommandAnswer<Result> =
  | { readonly status: 200; readonly body: Result; readonly headers: Record<string, string> }
  | {
      readonly status: 202
      readonly body: Awaited<ReturnType<typeof presentOperation>>
      readonly headers: Record<string, string>
    }

/**
 * Hands a command to the session's worker and waits for its end as long as the caller likes: OPERATION and OPENOP in one
 * transaction → then a consistent read of the lease → ring, as for messages (protocol §2).
 * @param command.input what the worker reads; must say all, the worker sees nothing else of the request
 * @param command.asked what tells one request from another with the same Idempotency-Key; default: the input
 * @returns 200 with the worker's answer, or 202 with the operation
 * @throws Fault of the command's failure; session_not_linked, session_state_conflict, idempotency_key_reused
 */
export const runCommand = async <Result>(
  services: OperationServices,
  context: TenantContext,
  command: Command,
): Promise<CommandAnswer<Result>> => {
  const { waitSeconds, applied } = parsePreferWait(context.header('prefer'), services.defaultWaitSeconds)
  const accepted = await accept(services, context, command)
  context.note({ operationId: accepted.id })
  if (!isOperationSettled(accepted.status)) await ring(services, context, accepted.sessionId)
  const row = await waitForEnd(new OperationRows(services.tables, context.scope), accepted, waitSeconds)
  const headers: Record<string, string> = applied ? { 'Preference-Applied': applied } : {}
  if (!isOperationSettled(row.status))
    return {
      status: 202,
      body: await presentOperation(services.tenantKeys, context, row),
      headers: { ...headers, Location: `/v1/operations/${row.id}`, 'Retry-After': '2' },
    }
  if (row.status !== 'succeeded' || row.result === null) throw faultOfFailure(row)
  const body = (await openResult(services.tenantKeys, context.scope, row.id, row.result)) as Result
  return { status: 200, body, headers }
}

const accept = async (
  { tables, tenantKeys }: OperationServices,
  context: TenantContext,
  { session, kind, input, asked = input }: Command,
): Promise<OperationRow> => {
  const { scope, now } = context
  const rows = new OperationRows(tables, scope)
  // A read is asked anew, whatever header came with it.
  const key = context.operation.idempotent === 'operationRow' ? context.idempotencyKey : null
  const id = key === null ? newId('op', now) : operationIdOfKey(scope.tenantId, scope.mode, key)
  const requestHash = hashOfRequest({ kind, sessionId: session.id, input: asked })
  const standing = key === null ? null : await rows.get(id)
  if (!standing) requireReachable(session)
  const row =
    standing ??
    (
      await rows.accept({
        v: 1,
        tenantId: scope.tenantId,
        mode: scope.mode,
        id,
        sessionId: session.id,
        kind,
        status: 'pending',
        input: await sealInput(tenantKeys, scope, id, input),
        result: null,
        failure: null,
        requestHash,
        createdAt: now,
        expiresAt: now + OPERATION_KINDS[kind].expiresAfterSeconds * 1_000,
        startedAt: null,
        completedAt: null,
        epoch: 0,
        claimToken: null,
        attempts: 0,
      })
    ).row
  if (row.requestHash !== requestHash)
    throw new Fault('idempotency_key_reused', {
      detail: 'This Idempotency-Key was used with another request. Use a new key for a new request.',
      param: 'Idempotency-Key',
    })
  return row
}

/** @throws Fault when the session will not be connected by itself */
const requireReachable = (session: SessionRow): void => {
  if (!acceptsMessages(session.status) || !isLinked(session))
    throw new Fault('session_not_linked', {
      detail: `The session is ${session.status}: link a phone first (POST /v1/sessions/${session.id}/link).`,
    })
  if (RESTING.includes(session.status))
    throw new Fault('session_state_conflict', {
      detail: `The session is ${session.status}: connect it first (POST /v1/sessions/${session.id}/${session.status === 'failed' ? 'restart' : 'start'}).`,
    })
}

/** The lease is read after the rows are written, consistently, never from a cache. */
const ring = async ({ tables, bell }: OperationServices, context: TenantContext, sessionId: string): Promise<void> => {
  const lease = await new Leases(tables, context.scope).get(sessionId)
  if (lease) context.note({ ring: await bell.ring(context.scope, lease, 'operations') })
}
