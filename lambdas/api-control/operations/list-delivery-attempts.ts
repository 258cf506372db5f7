import { presentAttempt } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Deliveries } from '../../../shared/store/deliveries.ts'
import { requireDelivery } from '../require-delivery.ts'
import type { ControlServices } from '../services.ts'

/** Few by the schedule: all in one answer. */
export const listDeliveryAttempts =
  ({ tables }: ControlServices): Handler<'listDeliveryAttempts'> =>
  async ({ params }, context) => {
    const row = await requireDelivery(tables, context, params.deliveryId)
    const attempts = await new Deliveries(tables, context.scope).listAttempts(row)
    return { status: 200, body: { data: attempts.map(presentAttempt), nextCursor: null, hasMore: false } }
  }
