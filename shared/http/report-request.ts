import type { Fault } from '../core/fault.ts'
import type { Log } from '../log/log.ts'
import { emitMetrics } from '../log/metrics.ts'
import type { Answer, AuditFields } from './handler.ts'
import type { Principal } from './principal.ts'

/** What became known of a request while it was served. */
export interface RequestRecord {
  operationName: string
  principal: Principal | null
  /** ids and outcomes, never content */
  fields: Record<string, unknown>
  readonly auditFields: AuditFields
  /** that the call is counted; begun as soon as its tenant is known */
  counted: Promise<void> | null
  /** headers of the answer, whatever it becomes */
  headers: Readonly<Record<string, string>>
}

/** One wide log line and one set of metrics per request. */
export const reportRequest = (
  sinks: { readonly log: Log; readonly writeMetrics?: (line: string) => void },
  request: RequestRecord & { readonly requestId: string; readonly gatewayRequestId: string | undefined },
  answer: Answer,
  fault: Fault | null,
  durationMs: number,
): void => {
  const { principal, operationName, fields, requestId, gatewayRequestId } = request
  const line = {
    requestId,
    gatewayRequestId,
    operation: operationName,
    status: answer.status,
    durationMs,
    ...(principal?.kind === 'tenant'
      ? { tenantId: principal.scope.tenantId, mode: principal.scope.mode, keyId: principal.key.id }
      : {}),
    ...fields,
    ...(fault ? { code: fault.code, internal: fault.details.internal } : {}),
  }
  if (answer.status >= 500) sinks.log.error({ ...line, err: fault?.cause ?? fault }, 'request failed')
  else sinks.log.info(line, 'request')
  emitMetrics(
    {
      api_request_count: [1, 'Count'],
      api_latency_ms: [durationMs, 'Milliseconds'],
      api_error_count: [answer.status >= 500 ? 1 : 0, 'Count'],
    },
    { route: operationName },
    sinks.writeMetrics,
  )
}
