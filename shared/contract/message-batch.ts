import * as z from 'zod'
import { problemSchema } from './common.ts'
import { messageSchema } from './messages.ts'
import type { Operation } from './operation.ts'

export const BATCH_MESSAGES_MAX = 100

/**
 * An item is validated by itself, so that a bad one does not refuse the others: the schema says what is wanted and takes
 * whatever comes.
 */
const itemSchema = z.unknown().meta({ $ref: '#/components/schemas/SendMessage' })

const resultSchema = z
  .object({
    index: z.number().int().meta({ description: 'Position in `messages`' }),
    status: z.number().int().meta({ description: '202: accepted; else the HTTP status of the error', example: 202 }),
    message: messageSchema.nullable(),
    error: problemSchema.nullable(),
  })
  .meta({ id: 'BatchResult' })

export const messageBatchOperations = {
  createMessageBatch: {
    method: 'POST',
    path: '/v1/messages/batch',
    function: 'api-messages',
    tag: 'messages',
    auth: 'tenant',
    sessionKeys: true,
    summary: `Send up to ${BATCH_MESSAGES_MAX} messages in one request`,
    description:
      'Every item stands for itself, as if it came by POST /v1/messages: one result per item, in order, whatever becomes of the others. Messages of one chat keep their order. With an Idempotency-Key each position never makes two messages: after a failure send the same batch again. Quotas count items.',
    scopes: ['messages:send'],
    idempotent: 'messageRow',
    body: z.strictObject({
      messages: z
        .array(itemSchema)
        .min(1)
        .max(BATCH_MESSAGES_MAX)
        .meta({ description: 'Bodies of POST /v1/messages; the request may have 1 MB' }),
    }),
    responses: { 200: z.object({ data: z.array(resultSchema) }) },
    faults: [],
  },
} as const satisfies Record<string, Operation>
