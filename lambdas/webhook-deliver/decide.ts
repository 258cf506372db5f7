import { newId } from '../../shared/core/ids.ts'
import { nextAttempt, parseRetryAfter, type RetryPolicy } from '../../shared/core/retry-schedule.ts'
import type { AttemptOutcome } from '../../shared/store/deliveries.ts'
import type { DeliveryRow } from '../../shared/store/rows/webhook.ts'
import type { PostResult } from '../../shared/webhooks/post-webhook.ts'
import { ledgerHeaders, type WebhookRequest } from '../../shared/webhooks/webhook-request.ts'

export const GONE = 410
const TOO_MANY_REQUESTS = 429

/** What follows from an attempt for its delivery: pure. A failed probe goes back to the held ones, it never runs out. */
export const decide = (
  input: { delivery: DeliveryRow; request: WebhookRequest; result: PostResult; policy: RetryPolicy; isProbe: boolean },
  at: number,
  random: number,
): AttemptOutcome => {
  const { delivery, request, result, policy } = input
  const attempt = {
    v: 1 as const,
    id: newId('att', at),
    deliveryId: delivery.id,
    number: delivery.attempts,
    at,
    durationMs: result.durationMs,
    firstByteMs: result.firstByteMs,
    connection: result.connection,
    httpStatus: result.httpStatus,
    error: result.error,
    url: request.url,
    requestHeaders: ledgerHeaders(request.headers),
    responseHeaders: { ...result.responseHeaders },
    responseBody: result.responseBody,
  }
  if (result.error === null) return { status: 'delivered', nextAttemptAt: null, attempt }
  if (result.httpStatus === GONE) return { status: 'held', heldReason: 'disabled', nextAttemptAt: null, attempt }
  if (input.isProbe && policy !== 'none') return { status: 'held', heldReason: 'failing', nextAttemptAt: null, attempt }
  const next = nextAttempt(
    {
      policy,
      attempts: delivery.attempts,
      httpStatus: result.httpStatus,
      timedOut: result.error === 'timeout',
      retryAfterSeconds: parseRetryAfter(result.retryAfter, at),
    },
    random,
  )
  if (next.kind === 'exhausted') return { status: 'exhausted', nextAttemptAt: null, attempt }
  return { status: 'retrying', nextAttemptAt: at + next.delaySeconds * 1000, attempt }
}

/** What an attempt says about the rate of the endpoint. */
export const loadOf = (result: PostResult): 'success' | 'overloaded' | 'other' => {
  if (result.error === null) return 'success'
  return result.error === 'timeout' || result.httpStatus === TOO_MANY_REQUESTS ? 'overloaded' : 'other'
}
