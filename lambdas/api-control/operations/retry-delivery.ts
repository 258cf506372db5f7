import { presentDelivery } from '../../../shared/contract/present.ts'
import { Fault } from '../../../shared/core/fault.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Deliveries } from '../../../shared/store/deliveries.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import type { DeliveryRow } from '../../../shared/store/rows/webhook.ts'
import { makeNewDelivery } from '../../../shared/webhooks/new-delivery.ts'
import { noDelivery, requireDelivery } from '../require-delivery.ts'
import type { ControlServices } from '../services.ts'

/** A waiting delivery is due now (its planned retry is superseded in the same write); a settled one is opened again. */
export const retryDelivery =
  ({ tables, ringPipeline }: ControlServices): Handler<'retryDelivery'> =>
  async ({ params }, context) => {
    const { scope, now } = context
    const deliveries = new Deliveries(tables, scope)
    const asked = await requireDelivery(tables, context, params.deliveryId)
    const endpoint = await new Endpoints(tables, scope).get(asked.endpointId)
    if (!endpoint) throw noDelivery()
    if (endpoint.status !== 'active')
      throw new Fault('endpoint_not_active', {
        detail: `The endpoint is ${endpoint.status}: resume it first (POST /v1/webhook-endpoints/${endpoint.id}/resume).`,
      })
    const latest = (await deliveries.latest(asked)) ?? asked
    context.audit({ before: presentDelivery(latest) })
    if (latest.status === 'inFlight') throw underWay()
    const isWaiting = ['pending', 'retrying', 'held'].includes(latest.status)
    const due = isWaiting ? latest : await open()
    if (isWaiting && !(await deliveries.makeDue(latest, now, true))) throw underWay()
    await ringPipeline([hintOf(due)])
    return { status: 202, body: presentDelivery((await deliveries.get(due)) ?? due) }

    function open(): Promise<DeliveryRow> {
      const ref = { ...latest, type: latest.eventType }
      return deliveries.create({ ...makeNewDelivery(ref, endpoint!, now, latest.generation + 1), manual: true })
    }
  }

const underWay = (): Fault => new Fault('conflict', { detail: 'An attempt is under way: look at its outcome first.' })

const hintOf = (row: DeliveryRow) => ({
  v: 1 as const,
  tenantId: row.tenantId,
  mode: row.mode,
  endpointId: row.endpointId,
  day: row.day,
  eventId: row.eventId,
  generation: row.generation,
})
