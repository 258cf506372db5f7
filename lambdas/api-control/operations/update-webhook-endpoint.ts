import { presentEndpoint } from '../../../shared/contract/present.ts'
import { Fault } from '../../../shared/core/fault.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import { endpointSecretPlace } from '../../../shared/store/places.ts'
import { withPublicKeys } from '../../../shared/webhooks/secrets.ts'
import { noEndpoint, requireEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'
import { requireUrl } from '../webhook-url.ts'

export const updateWebhookEndpoint =
  ({ tables, tenantKeys, egressRules }: ControlServices): Handler<'updateWebhookEndpoint'> =>
  async ({ params, body }, context) => {
    const { scope, now } = context
    if (body.url !== undefined) requireUrl(body.url, egressRules)
    const endpoints = new Endpoints(tables, scope)
    let current = await requireEndpoint(tables, context, params.endpointId)
    context.audit({ before: presentEndpoint(current) })
    if (body.signing === 'hmacAndEd25519' && current.secrets.some(({ publicKey }) => publicKey === null)) {
      const secrets = await withPublicKeys(current.secrets, async (sealed) =>
        String(await tenantKeys.open(scope, endpointSecretPlace(current.id), sealed)),
      )
      const completed = await endpoints.rotateSecrets(current, secrets)
      if (!completed) throw new Fault('conflict', { detail: 'The secrets were rotated at the same moment: try again.' })
      current = completed
    }
    const changes = Object.values(body).some((value) => value !== undefined)
    const starts = body.ordering === 'session' && current.ordering !== 'session'
    const row = changes
      ? await endpoints.update(current.id, { ...body, ...(starts ? { orderedSince: now } : {}) })
      : current
    if (!row) throw noEndpoint()
    return { status: 200, body: presentEndpoint(row) }
  }
