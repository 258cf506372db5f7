import { presentDelivery } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { requireDelivery } from '../require-delivery.ts'
import type { ControlServices } from '../services.ts'

export const getDelivery =
  ({ tables }: ControlServices): Handler<'getDelivery'> =>
  async ({ params }, context) => ({
    status: 200,
    body: presentDelivery(await requireDelivery(tables, context, params.deliveryId)),
  })
