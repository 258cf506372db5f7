import { FAULTS, type Fault } from '../core/fault.ts'
import { MethodNotAllowed } from './router.ts'

export interface Problem {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Record<string, unknown>
}

const RETRY_AFTER_SECONDS = 5

/** RFC 9457 answer of a fault: only its public text. */
export const problemOf = (fault: Fault, requestId: string, docsBaseUrl: string): Problem => {
  const { status, title, retryable } = FAULTS[fault.code]
  const { detail, param, errors, retryAfterSeconds } = fault.details
  const waits = status === 429 || (status === 503 && retryable)
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      ...(waits ? { 'Retry-After': String(retryAfterSeconds ?? RETRY_AFTER_SECONDS) } : {}),
      ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
      ...(fault instanceof MethodNotAllowed ? { Allow: fault.allowed.join(', ') } : {}),
    },
    body: {
      type: `${docsBaseUrl}/errors/${fault.code}`,
      title,
      status,
      code: fault.code,
      detail,
      ...(param ? { param } : {}),
      requestId,
      retryable,
      docUrl: `${docsBaseUrl}/errors#${fault.code}`,
      ...(errors ? { errors } : {}),
    },
  }
}
