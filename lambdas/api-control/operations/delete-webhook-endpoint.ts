import type { Handler } from '../../../shared/http/handler.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import { UsageRows } from '../../../shared/store/usage.ts'
import { noEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'

export const deleteWebhookEndpoint =
  ({ tables }: ControlServices): Handler<'deleteWebhookEndpoint'> =>
  async ({ params }, context) => {
    // Before the endpoint is gone: afterwards nobody would know where the attempts of it lie.
    if (await new Endpoints(tables, context.scope).get(params.endpointId))
      await new UsageRows(tables, context.scope).noteDeletedEndpoint(params.endpointId)
    if (!(await new Endpoints(tables, context.scope).remove(params.endpointId))) throw noEndpoint()
    return { status: 204, body: null }
  }
