import type { Handler } from '../../../shared/http/handler.ts'
import { openMessage, requireMessage } from '../present.ts'
import type { MessageServices } from '../services.ts'

export const getMessage =
  ({ tables, tenantKeys }: MessageServices): Handler<'getMessage'> =>
  async ({ params }, context) => ({
    status: 200,
    body: await openMessage(tenantKeys, context, await requireMessage(tables, context, params.messageId)),
  })
