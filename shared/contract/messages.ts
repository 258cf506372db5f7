import * as z from 'zod'
import { OUTBOUND_STATUSES } from '../core/message-status.ts'
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
    chat: addressSchema,
    from: addressSchema,
    to: addressSchema,
    whatsappId: z.string().meta({ example: '3EB0A1B2C3D4E5F60718' }),
    failure: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }).nullable(),
    createdAt: isoTime,
    sendAt: isoTime.nullable().meta({ description: 'When it was asked to be sent; null: at once' }),
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
    summary: 'Search messages, newest first',
    description:
      'By session, chat, status, direction and time, in any combination. A message is found within about a second after it was accepted or changed; what is shown of it is never older than that. `queued` and `sending` of a session are complete at any moment, and listed by the time they may leave, latest first.',
    scopes: ['messages:read'],
    idempotent: 'natural',
    query: z.strictObject({
      ...pageQuery,
      sessionId: idParameter('ses').optional(),
      chat: z.string().min(1).max(100).optional().meta({
        description: 'Messages of one chat, both directions: a phone number, a jid or a contact id; needs sessionId',
      }),
      status: z.enum(MESSAGE_STATUSES).optional(),
      direction: z.enum(['outbound', 'inbound']).optional(),
      since: z.iso.datetime({ offset: true }).optional().meta({ description: 'Created at this time or later' }),
      until: z.iso.datetime({ offset: true }).optional().meta({ description: 'Created before this time' }),
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
    description:
      'While it is scheduled or queued. A worker may take it at the same moment: exactly one of the two wins. Tells `message.canceled`.',
    scopes: ['messages:send'],
    idempotent: 'natural',
    body: emptyBody,
    responses: { 200: messageSchema },
    faults: ['not_found', 'message_already_sent'],
  },
} as const satisfies Record<string, Operation>
