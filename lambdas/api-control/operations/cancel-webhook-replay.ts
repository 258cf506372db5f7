import { presentReplay } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Replays } from '../../../shared/store/replays.ts'
import { requireReplay } from '../require-delivery.ts'
import type { ControlServices } from '../services.ts'

/** One that is over stays as it is. */
export const cancelWebhookReplay =
  ({ tables }: ControlServices): Handler<'cancelWebhookReplay'> =>
  async ({ params }, context) => {
    const row = await requireReplay(tables, context, params)
    context.audit({ before: presentReplay(row) })
    const canceled = await new Replays(tables, context.scope).cancel(row, context.now)
    return { status: 200, body: presentReplay(canceled ?? (await requireReplay(tables, context, params))) }
  }
