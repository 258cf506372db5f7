import { presentEndpoint } from '../../../shared/contract/present.ts'
import { FRESH_BREAKER } from '../../../shared/core/endpoint-breaker.ts'
import { Fault } from '../../../shared/core/fault.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { EndpointHealths } from '../../../shared/store/endpoint-health.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import { noEndpoint, requireEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'

/**
 * Active first, then the release is asked for in the endpoint's health (which the sweeper sees), then the pipeline is
 * rung: whoever dies in between, a repeated resume or the sweeper lets the held deliveries go.
 */
export const resumeWebhookEndpoint =
  ({ tables, ringPipeline }: ControlServices): Handler<'resumeWebhookEndpoint'> =>
  async ({ params }, context) => {
    const { scope, now } = context
    const row = await requireEndpoint(tables, context, params.endpointId)
    context.audit({ before: presentEndpoint(row) })
    const resumed = await new Endpoints(tables, scope).update(row.id, { status: 'active', statusReason: null })
    if (!resumed) throw noEndpoint()
    const changed = await new EndpointHealths(tables, scope).change(row.id, (health) => ({
      ...health,
      breaker: FRESH_BREAKER,
      releaseSince: now,
    }))
    if (!changed) throw new Fault('conflict', { detail: 'The endpoint is busy: try again.' })
    await ringPipeline([{ v: 1, kind: 'wake', tenantId: scope.tenantId, mode: scope.mode, endpointId: row.id }])
    return { status: 200, body: presentEndpoint(resumed) }
  }
