import { createHash } from 'node:crypto'
import type { Operation } from '../contract/operation.ts'
import { canonicalJson } from '../core/canonical-json.ts'
import { Fault } from '../core/fault.ts'
import { newId } from '../core/ids.ts'
import type { Log } from '../log/log.ts'
import { emitMetrics } from '../log/metrics.ts'
import { AuditLog, type AuditRow } from '../store/audit-log.ts'
import type { Tables } from '../store/tables.ts'
import type { ProxyEvent } from './gateway.ts'
import type { Answer, AuditFields } from './handler.ts'
import type { Principal } from './principal.ts'
import { headerOf } from './request.ts'

/** Data plane: messages have their own rows and events; the helpers of test mode change nothing of ours. */
const NOT_AUDITED = new Set(['messages', 'contacts', 'test mode', 'presence'])

/** Is a call of this operation a control-plane change, so that it is written to the audit log? */
export const isAudited = (operation: Operation): boolean =>
  operation.auth !== 'none' && operation.method !== 'GET' && !NOT_AUDITED.has(operation.tag)

const MAXIMUM_USER_AGENT = 200
const SECRETS = new Set(['key', 'secret', 'ticket', 'code', 'qr'])

/** SHA-256 of what the API shows of a resource, without secrets. */
const digestOf = (shown: unknown): string | null => {
  if (shown === null || typeof shown !== 'object') return null
  const open = Object.fromEntries(Object.entries(shown).filter(([name]) => !SECRETS.has(name)))
  return createHash('sha256').update(canonicalJson(open)).digest('hex')
}

interface AuditedCall {
  readonly event: ProxyEvent
  readonly principal: Principal
  readonly operationName: string
  readonly params: Readonly<Record<string, string>>
  readonly requestId: string
  readonly now: number
  /** filled by the handler */
  readonly fields: AuditFields
}

/**
 * Runs a handler between its two audit rows. The intent is durable before anything changes; when the outcome cannot be
 * written, the answer stays (the change is made) and the entry is completed as `unknown` later.
 */
export const withAudit = async (
  sinks: { readonly tables: Tables; readonly log: Log },
  call: AuditedCall,
  run: () => Promise<Answer>,
): Promise<Answer> => {
  const log = new AuditLog(sinks.tables, call.principal.kind === 'tenant' ? call.principal.scope : null)
  const row = rowOf(call)
  await log.intend(row)
  const settle = async (outcome: Partial<AuditRow>): Promise<void> => {
    try {
      await log.settle({ ...row, ...outcome })
    } catch (error) {
      sinks.log.error({ err: error, requestId: call.requestId }, 'audit outcome not written')
      emitMetrics({ audit_unsettled_count: [1, 'Count'] })
    }
  }
  try {
    const answer = await run()
    const shown = answer.body as { readonly id?: unknown } | null
    await settle({
      outcome: 'succeeded',
      status: answer.status,
      resourceId: call.fields.resourceId ?? row.resourceId ?? (typeof shown?.id === 'string' ? shown.id : null),
      beforeDigest: digestOf(call.fields.before),
      afterDigest: digestOf(call.fields.after ?? shown),
    })
    return answer
  } catch (error) {
    const refused = error instanceof Fault && error.status < 500
    await settle({
      outcome: refused ? 'refused' : 'failed',
      status: error instanceof Fault ? error.status : 500,
      code: error instanceof Fault ? error.code : 'internal_error',
    })
    throw error
  }
}

const rowOf = (call: AuditedCall): AuditRow => {
  const { principal } = call
  return {
    v: 1,
    id: newId('aud', call.now),
    at: call.now,
    actor: principal.kind === 'tenant' ? principal.key.id : 'platform',
    tenantId: principal.kind === 'tenant' ? principal.scope.tenantId : (call.params.tenantId ?? null),
    mode: principal.kind === 'tenant' ? principal.scope.mode : null,
    sourceIp: call.event.requestContext.identity?.sourceIp ?? null,
    userAgent: headerOf(call.event, 'user-agent')?.slice(0, MAXIMUM_USER_AGENT) ?? null,
    requestId: call.requestId,
    operation: call.operationName,
    // The innermost id of the path: what the request is about.
    resourceId: Object.values(call.params).at(-1) ?? null,
    outcome: 'unknown',
    status: null,
    code: null,
    beforeDigest: null,
    afterDigest: null,
  }
}
