import * as z from 'zod'
import { idParameter } from './common.ts'
import type { Operation } from './operation.ts'
import { COMMAND_FAULTS, command, operationSchema } from './operation-resource.ts'

export const messageReadOperations = {
  markMessageRead: {
    ...command,
    method: 'POST',
    path: '/v1/messages/{messageId}/read',
    tag: 'messages',
    summary: 'Tell the sender that a received message was read',
    description: `${command.description} Waits up to a day for the session. Whether the sender sees it is up to the privacy settings of both.`,
    scopes: ['messages:send'],
    idempotent: 'operationRow',
    params: z.object({ messageId: idParameter('msg') }),
    body: z.strictObject({
      upTo: z
        .boolean()
        .default(false)
        .meta({ description: 'Also what is unread and older in the same chat, up to 256 messages' }),
    }),
    responses: {
      200: z
        .object({
          messages: z.number().int().meta({ description: 'How many messages were marked' }),
          hasMore: z.boolean().meta({ description: 'Older ones are unread still: ask again' }),
        })
        .meta({ id: 'Read' }),
      202: operationSchema,
    },
    faults: [...COMMAND_FAULTS, 'message_not_received', 'read_receipts_off'],
    notFound: 'No message with this id.',
  },
} as const satisfies Record<string, Operation>
