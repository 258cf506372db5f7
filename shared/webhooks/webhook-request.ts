import type { TenantScope } from '../core/tenant-scope.ts'
import { signWebhook } from '../core/webhook-signature.ts'
import type { TenantKeys } from '../crypto/tenant-keys.ts'
import type { EventEnvelope } from '../events/envelope.ts'
import { endpointSecretPlace } from '../store/places.ts'
import type { EndpointRow } from '../store/rows/webhook.ts'

export interface WebhookRequest {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

/** The body that the endpoint wants: the whole event, or (thin) everything but its data. */
export const bodyOf = (endpoint: Pick<EndpointRow, 'payload'>, envelope: EventEnvelope): string => {
  if (endpoint.payload === 'full') return JSON.stringify(envelope)
  const { data: _data, ...thin } = envelope
  return JSON.stringify(thin)
}

/** A signed request: every live secret signs, so that a receiver can rotate at its own pace. */
export const makeWebhookRequest = async (
  tenantKeys: TenantKeys,
  scope: TenantScope,
  endpoint: EndpointRow,
  event: { id: string; body: string },
  now: number,
): Promise<WebhookRequest> => {
  const live = endpoint.secrets.filter((secret) => secret.expiresAt === null || secret.expiresAt > now)
  const secrets = await Promise.all(
    live.map(async (secret) => String(await tenantKeys.open(scope, endpointSecretPlace(endpoint.id), secret.sealed))),
  )
  const timestampSeconds = Math.floor(now / 1000)
  return {
    url: endpoint.url,
    body: event.body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Fleetline-Webhooks/1',
      'webhook-id': event.id,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signWebhook({
        secrets,
        webhookId: event.id,
        timestampSeconds,
        body: event.body,
        signing: endpoint.signing,
      }),
    },
  }
}

/** What the ledger keeps of a request: signatures masked. */
export const ledgerHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> => ({
  ...headers,
  ...(headers['webhook-signature']
    ? { 'webhook-signature': headers['webhook-signature'].replace(/(v1a?),[^ ]+/g, '$1,***') }
    : {}),
})
