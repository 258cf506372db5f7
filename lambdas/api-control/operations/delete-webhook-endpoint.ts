import { setTimeout as wait } from 'node:timers/promises'
import { presentEndpoint } from '../../../shared/contract/present.ts'
import { Fault } from '../../../shared/core/fault.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import { Quotas } from '../../../shared/store/quotas.ts'
import { transact } from '../../../shared/store/table.ts'
import { noEndpoint, requireEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'

const CONFLICT_TRIES = 7
const PAUSE_MS = 20

export const deleteWebhookEndpoint =
  ({ tables }: ControlServices): Handler<'deleteWebhookEndpoint'> =>
  async ({ params }, context) => {
    const { scope } = context
    context.audit({ before: presentEndpoint(await requireEndpoint(tables, context, params.endpointId)) })
    const endpoints = new Endpoints(tables, scope)
    const quotas = new Quotas(tables, scope)
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
      const standing = (await endpoints.listAll()).length
      const { outcome } = await transact(tables.client, [
        endpoints.removeLeg(params.endpointId),
        quotas.giveEndpointLeg(standing),
      ])
      if (outcome === 'written') return { status: 204, body: null }
      if (outcome === 'conditionFailed') throw noEndpoint()
      // Other endpoints come and go at this moment: not all of them try again at the same one.
      await wait(Math.random() * PAUSE_MS * 2 ** attempt)
    }
    throw new Fault('conflict', { detail: 'Other endpoints changed at the same moment: try again.' })
  }
