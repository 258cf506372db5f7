import { presentEndpoint } from '../../../shared/contract/present.ts'
import { Fault } from '../../../shared/core/fault.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import { noEndpoint, requireEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'

/** What waits is held when its time comes; nothing is dropped. */
export const pauseWebhookEndpoint =
  ({ tables }: ControlServices): Handler<'pauseWebhookEndpoint'> =>
  async ({ params }, context) => {
    const row = await requireEndpoint(tables, context, params.endpointId)
    context.audit({ before: presentEndpoint(row) })
    if (row.status === 'disabled')
      throw new Fault('endpoint_not_active', { detail: `The endpoint is disabled: ${row.statusReason}.` })
    const paused = await new Endpoints(tables, context.scope).update(row.id, { status: 'paused' })
    if (!paused) throw noEndpoint()
    return { status: 200, body: presentEndpoint(paused) }
  }
