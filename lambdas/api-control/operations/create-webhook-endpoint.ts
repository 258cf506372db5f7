import { presentEndpoint } from '../../../shared/contract/present.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { newId } from '../../../shared/core/ids.ts'
import { webhookPublicKeyOf } from '../../../shared/core/webhook-signature.ts'
import { createOnce } from '../../../shared/http/create-once.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import { endpointSecretPlace } from '../../../shared/store/places.ts'
import { Quotas } from '../../../shared/store/quotas.ts'
import { endpointRowSchema } from '../../../shared/store/rows/webhook.ts'
import { newWebhookSecret } from '../../../shared/webhooks/secrets.ts'
import type { ControlServices } from '../services.ts'
import { requireUrl } from '../webhook-url.ts'

export const createWebhookEndpoint =
  (services: ControlServices): Handler<'createWebhookEndpoint'> =>
  async ({ body }, context) => {
    requireUrl(body.url, services.egressRules)
    const { scope, now } = context
    const maximum = context.principal.limits.webhookEndpoints
    const endpoints = new Endpoints(services.tables, scope)
    const { answer } = await createOnce(services.tables, context, body, async () => {
      const standing = (await endpoints.listAll()).length
      const id = newId('whk', now)
      const secret = newWebhookSecret()
      const sealed = await services.tenantKeys.seal(scope, endpointSecretPlace(id), secret)
      const row = endpointRowSchema.parse({
        v: 1,
        tenantId: scope.tenantId,
        mode: scope.mode,
        id,
        url: body.url,
        events: [...new Set(body.events)],
        description: body.description,
        status: 'active',
        statusReason: null,
        secrets: [{ sealed, createdAt: now, expiresAt: null, publicKey: webhookPublicKeyOf(secret) }],
        sessions: [...new Set(body.sessions)],
        chats: [...new Set(body.chats)],
        payload: body.payload,
        retry: body.retry,
        maxAgeSeconds: body.maxAgeSeconds,
        signing: body.signing,
        ordering: body.ordering,
        orderedSince: body.ordering === 'session' ? now : null,
        ratePerSecond: body.ratePerSecond,
        createdAt: now,
      })
      context.note({ endpointId: id })
      const presented = presentEndpoint(row)
      return {
        legs: [endpoints.createLeg(row), new Quotas(services.tables, scope).takeEndpointLeg(maximum, standing)],
        explain: (failed) =>
          failed[1]
            ? new Fault('quota_exceeded', {
                detail: `A tenant has at most ${maximum} endpoints per mode.`,
                limit: { name: 'webhookEndpoints', maximum },
              })
            : null,
        body: { ...presented, secret: secret as string | null },
        storedBody: { ...presented, secret: null },
        location: `/v1/webhook-endpoints/${id}`,
      }
    })
    return answer
  }
