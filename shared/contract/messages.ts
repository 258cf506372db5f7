import * as z from 'zod'
import { OUTBOUND_STATUSES } from '../core/message-status.ts'
import { UNDECRYPTABLE_REASONS } from '../core/undecryptable.ts'
import { emptyBody, idOutput, idParameter, isoTime, metadataSchema, modeSchema, pageOf, pageQuery } from './common.ts'
import { addressSchema } from './content/address.ts'
import { contentOutput } from './content/content-output.ts'
import { sendMessageBody } from './content/send-body.ts'
import type { Operation } from './operation.ts'

const MESSAGE_STATUSES = [...OUTBOUND_STATUSES, 'received'] as const

export const messageSchema = z
  .object({
    id: idOutput('msg'),
    sessionId: idOutput('ses'),
    mode: modeSchema,
    direction: z.enum(['outbound', 'inbound']),
    status: z.enum(MESSAGE_STATUSES),
    type: z.string().meta({
      description:
        'text, image, video, audio, voice, document, sticker, location, contacts, poll, reaction, edit, delete; received ones also pollVote, unsupported, undecryptable',
      example: 'text',
    }),
    ...contentOutput,
    undecryptable: z
      .object({ reason: z.enum(UNDECRYPTABLE_REASONS) })
      .optional()
      .meta({
        description:
          'type undecryptable: why there is no content. If WhatsApp delivers it later, the same message gets its type and content, and a message.received.',
      }),
    chat: addressSchema,
    from: addressSchema,
    to: addressSchema,
    whatsappId: z.string().meta({ example: '3EB0A1B2C3D4E5F60718' }),
    failure: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }).nullable(),
    createdAt: isoTime,
    expiresAt: isoTime.nullable(),
    notBefore: isoTime
      .nullable()
      .meta({ description: 'While it waits: held back until then, by the pacing of the session or by WhatsApp' }),
    sentAt: isoTime.nullable(),
    deliveredAt: isoTime.nullable(),
    readAt: isoTime.nullable(),
    receivedAt: isoTime.nullable(),
    editedAt: isoTime.nullish().meta({ description: 'Its text is the edited one since then' }),
    deletedAt: isoTime.nullish().meta({ description: 'Deleted for everyone' }),
    metadata: metadataSchema,
  })
  .meta({ id: 'Message' })

const common = { function: 'api-messages', tag: 'messages', auth: 'tenant', sessionKeys: true } as const
const one = {
  ...common,
  params: z.object({ messageId: idParameter('msg') }),
  notFound: 'No message with this id.',
} as const

export const messageOperations = {
  createMessage: {
    ...common,
    method: 'POST',
    path: '/v1/messages',
    summary: 'Send a message',
    description:
      'A 202 is a promise: the message ends sent, delivered or read, failed with a reason, or unknown. With an Idempotency-Key the same request never makes two messages.',
    scopes: ['messages:send'],
    idempotent: 'messageRow',
    body: sendMessageBody,
    responses: { 202: messageSchema },
    faults: [
      'not_found',
      'session_not_linked',
      'quota_exceeded',
      'idempotency_key_reused',
      'message_not_found',
      'message_not_editable',
      'message_not_deletable',
      'edit_window_closed',
      'media_not_found',
      'media_expired',
      'media_not_ready',
      'media_type_mismatch',
      'media_too_large',
      'media_empty',
      'sticker_size_wrong',
      'media_url_refused',
      'media_fetch_failed',
    ],
    notFound: 'No session with this id.',
  },
  getMessage: {
    ...one,
    method: 'GET',
    path: '/v1/messages/{messageId}',
    summary: 'Get a message and its status',
    scopes: ['messages:read'],
    idempotent: 'natural',
    responses: { 200: messageSchema },
    faults: ['not_found'],
  },
  listMessages: {
    ...common,
    method: 'GET',
    path: '/v1/messages',
    summary: 'List messages, newest first',
    scopes: ['messages:read'],
    idempotent: 'natural',
    query: z.strictObject({
      ...pageQuery,
      sessionId: idParameter('ses').optional(),
      status: z.enum(MESSAGE_STATUSES).optional(),
      direction: z.enum(['outbound', 'inbound']).optional(),
    }),
    responses: { 200: pageOf(messageSchema) },
    faults: ['not_found', 'invalid_cursor'],
    notFound: 'No session with this id.',
  },
  cancelMessage: {
    ...one,
    method: 'POST',
    path: '/v1/messages/{messageId}/cancel',
    summary: 'Cancel a message that nobody has started to send',
    scopes: ['messages:send'],
    idempotent: 'natural',
    body: emptyBody,
    responses: { 200: messageSchema },
    faults: ['not_found', 'message_already_sent'],
  },
} as const satisfies Record<string, Operation>
