import { presentEndpoint } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import { noEndpoint, requireEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'
import { requireUrl } from '../webhook-url.ts'

export const updateWebhookEndpoint =
  ({ tables, egressRules }: ControlServices): Handler<'updateWebhookEndpoint'> =>
  async ({ params, body }, context) => {
    if (body.url !== undefined) requireUrl(body.url, egressRules)
    const current = await requireEndpoint(tables, context, params.endpointId)
    const changes = Object.values(body).some((value) => value !== undefined)
    const row = changes ? await new Endpoints(tables, context.scope).update(current.id, body) : current
    if (!row) throw noEndpoint()
    return { status: 200, body: presentEndpoint(row) }
  }
