import { presentEndpoint } from '../../../shared/contract/present.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { webhookPublicKeyOf } from '../../../shared/core/webhook-signature.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import { endpointSecretPlace } from '../../../shared/store/places.ts'
import { newWebhookSecret, rotateSecrets } from '../../../shared/webhooks/secrets.ts'
import { requireEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'

const DEFAULT_OVERLAP_SECONDS = 86_400

export const rotateWebhookSecret =
  ({ tables, tenantKeys }: ControlServices): Handler<'rotateWebhookSecret'> =>
  async ({ params, body }, context) => {
    const { scope, now } = context
    const row = await requireEndpoint(tables, context, params.endpointId)
    context.audit({ before: presentEndpoint(row) })
    const secret = newWebhookSecret()
    const sealed = await tenantKeys.seal(scope, endpointSecretPlace(row.id), secret)
    const overlapSeconds = body?.overlapSeconds ?? DEFAULT_OVERLAP_SECONDS
    const rotated = await new Endpoints(tables, scope).rotateSecrets(
      row,
      rotateSecrets(row.secrets, { sealed, publicKey: webhookPublicKeyOf(secret) }, now, overlapSeconds),
    )
    if (!rotated) throw new Fault('conflict', { detail: 'Another rotation was faster: look at its answer first.' })
    return { status: 200, body: { ...presentEndpoint(rotated), secret } }
  }
