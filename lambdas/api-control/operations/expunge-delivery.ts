import { presentDelivery } from '../../../shared/contract/present.ts'
import { Fault } from '../../../shared/core/fault.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Deliveries } from '../../../shared/store/deliveries.ts'
import { requireDelivery } from '../require-delivery.ts'
import type { ControlServices } from '../services.ts'

export const expungeDelivery =
  ({ tables }: ControlServices): Handler<'expungeDelivery'> =>
  async ({ params }, context) => {
    const row = await requireDelivery(tables, context, params.deliveryId)
    context.audit({ before: presentDelivery(row) })
    // Its attempt is written when the answer is there: after us.
    if (row.status === 'inFlight')
      throw new Fault('conflict', { detail: 'An attempt is under way: ask again when it is over.' })
    await new Deliveries(tables, context.scope).expungeAttempts(row, context.now)
    context.note({ deliveryId: row.id })
    return { status: 200, body: presentDelivery(row) }
  }
