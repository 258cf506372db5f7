import * as z from 'zod'
import { OUTBOUND_STATUSES } from '../core/message-status.ts'
import { emptyBody, idOutput, idParameter, isoTime, metadataSchema, modeSchema, pageOf, pageQuery } from './common.ts'
import { expiresAtSchema, sendAtSchema } from './message-times.ts'
import type { Operation } from './operation.ts'

/** WhatsApp's own limit of a text. */
const TEXT_CHARACTERS = 65_536

export const addressSchema = z
  .object({
    contactId: z.string().nullable(),
    phone: z.string().nullable(),
    lid: z.string().nullable(),
    jid: z.string().nullable(),
    kind: z.enum(['user', 'group', 'status', 'channel', 'unknown']),
  })
  .meta({ id: 'Address', description: 'jid and lid are null until WhatsApp resolved them' })

const MESSAGE_STATUSES = [...OUTBOUND_STATUSES, 'received'] as const

export const messageSchema = z
  .object({
    id: idOutput('msg'),
    sessionId: idOutput('ses'),
    mode: modeSchema,
    direction: z.enum(['outbound', 'inbound']),
    status: z.enum(MESSAGE_STATUSES),
    type: z.string().meta({ example: 'text' }),
    text: z.object({ body: z.string() }).optional(),
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
    metadata: metadataSchema,
  })
  .meta({ id: 'Message' })

const recipientSchema = z.union([
  z.string().max(100),
  z.strictObject({
    contactId: z.string().nullish(),
    phone: z.string().max(100).nullish(),
    lid: z.string().nullish(),
    jid: z.string().max(100).nullish(),
    kind: z.string().nullish(),
  }),
])

export const sendMessageBody = z.strictObject({
  sessionId: idParameter('ses'),
  to: recipientSchema.meta({
    description: 'E.164 with or without +, …@s.whatsapp.net, …@c.us, or an address object of an answer',
    example: '+5511988887777',
  }),
  type: z.literal('text'),
  text: z.strictObject({
    body: z
      .string()
      .min(1)
      .max(TEXT_CHARACTERS)
      .refine((text) => text.isWellFormed(), 'Not well-formed Unicode: it holds half of a surrogate pair')
      .meta({ example: 'Hello' }),
  }),
  sendAt: sendAtSchema.optional(),
  expiresAt: expiresAtSchema.optional(),
  metadata: metadataSchema.default({}),
})

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
    faults: ['not_found', 'session_not_linked', 'quota_exceeded', 'idempotency_key_reused'],
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
