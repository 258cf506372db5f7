import { presentAttempt, presentEndpoint } from '../../../shared/contract/present.ts'
import { newId } from '../../../shared/core/ids.ts'
import { API_VERSION } from '../../../shared/events/envelope.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { attemptRowSchema } from '../../../shared/store/rows/webhook.ts'
import { bodyOf, ledgerHeaders, makeWebhookRequest } from '../../../shared/webhooks/webhook-request.ts'
import { requireEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'

const DEADLINE_MS = 15_000

/** Signed like every other, through the same guard, now. It is in no log and in no ledger, and changes no breaker. */
export const testWebhookEndpoint =
  ({ tables, tenantKeys, post, countAttempt }: ControlServices): Handler<'testWebhookEndpoint'> =>
  async ({ params }, context) => {
    const { scope, now } = context
    const endpoint = await requireEndpoint(tables, context, params.endpointId)
    const id = newId('evt', now)
    const body = bodyOf(endpoint, {
      id,
      type: 'endpoint.test',
      apiVersion: API_VERSION,
      tenantId: scope.tenantId,
      mode: scope.mode,
      sessionId: null,
      sequence: null,
      timestamp: new Date(now).toISOString(),
      data: { endpoint: presentEndpoint(endpoint) },
    })
    const [request] = await Promise.all([
      makeWebhookRequest(tenantKeys, scope, endpoint, { id, body }, now),
      countAttempt(scope, now),
    ])
    const result = await post({ ...request, deadlineMs: DEADLINE_MS })
    context.note({ httpStatus: result.httpStatus, attemptError: result.error })
    const attempt = attemptRowSchema.parse({
      v: 1,
      id: newId('att', now),
      deliveryId: id,
      number: 1,
      at: now,
      durationMs: result.durationMs,
      firstByteMs: result.firstByteMs,
      connection: result.connection,
      httpStatus: result.httpStatus,
      error: result.error,
      url: request.url,
      requestHeaders: ledgerHeaders(request.headers),
      responseHeaders: result.responseHeaders,
      responseBody: result.responseBody,
    })
    return { status: 200, body: presentAttempt(attempt) }
  }
