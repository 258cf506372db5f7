import { presentReplay } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { requireReplay } from '../require-delivery.ts'
import type { ControlServices } from '../services.ts'

export const getWebhookReplay =
  ({ tables }: ControlServices): Handler<'getWebhookReplay'> =>
  async ({ params }, context) => ({
    status: 200,
    body: presentReplay(await requireReplay(tables, context, params)),
  })
