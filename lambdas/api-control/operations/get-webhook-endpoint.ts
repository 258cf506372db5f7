import { presentEndpoint } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { requireEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'

export const getWebhookEndpoint =
  ({ tables }: ControlServices): Handler<'getWebhookEndpoint'> =>
  async ({ params }, context) => ({
    status: 200,
    body: presentEndpoint(await requireEndpoint(tables, context, params.endpointId)),
  })
