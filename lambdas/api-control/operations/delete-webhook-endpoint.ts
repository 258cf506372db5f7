import type { Handler } from '../../../shared/http/handler.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import { noEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'

export const deleteWebhookEndpoint =
  ({ tables }: ControlServices): Handler<'deleteWebhookEndpoint'> =>
  async ({ params }, context) => {
    if (!(await new Endpoints(tables, context.scope).remove(params.endpointId))) throw noEndpoint()
    return { status: 204, body: null }
  }
