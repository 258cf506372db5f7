import * as z from 'zod'
import { LIMIT_NAMES } from '../core/plans.ts'
import { idOutput, isoTime, modeSchema } from './common.ts'
import { addressSchema } from './content/address.ts'
import type { EventType } from './event-types.ts'
import { mediaSchema } from './media.ts'
import { messageSchema } from './messages.ts'
import { sessionSchema } from './sessions.ts'
import { deliverySchema } from './webhook-deliveries.ts'
import { endpointSchema } from './webhook-endpoints.ts'

/** What an event type means and what is in its `data`. docs/events is generated from this. */
export interface EventDescription {
  /** one sentence: what happened */
  readonly meaning: string
  /** log: made by a worker, numbered per session. control: made by the platform, without a sequence */
  readonly source: 'log' | 'control' | 'either'
  readonly data: z.ZodObject
  /** named in the contract, not sent by this version */
  readonly isPlanned?: true
}

/** More fields may come with any version: readers ignore what they do not know. */
const unprocessable = z
  .string()
  .optional()
  .meta({ description: 'Only when less than usual is known, e.g. `unprocessable`: it could not be worked off' })

const session = sessionSchema
  .partial()
  .required({ id: true, mode: true, status: true })
  .extend({ previousStatus: z.string().optional().meta({ description: 'What it was before' }) })
  .meta({ description: 'The session as it was then; after a failure of ours only what is certain' })
const sessionData = z.object({ session, reason: unprocessable })

const limitData = z.object({
  limit: z.object({
    name: z.enum(LIMIT_NAMES).meta({ description: 'As in GET /v1/limits and in `limits` of the tenant' }),
    maximum: z.number().meta({ description: 'The limit that held', example: 1000 }),
    keyId: idOutput('key').nullable().meta({ description: 'The key, when its own rate was reached' }),
  }),
  window: z.object({ start: isoTime, end: isoTime }).meta({ description: 'The limit is not told again before `end`' }),
})

const message = messageSchema
  .omit({ status: true, id: true })
  .partial()
  .required({ sessionId: true, mode: true, direction: true })
  .extend({
    id: idOutput('msg').nullable(),
    status: z.string(),
    whatsappId: z.string().nullish(),
    chat: addressSchema.nullish(),
    from: addressSchema.nullish(),
    pushName: z.string().nullish().meta({ description: 'Inbound: the name that the sender gave itself' }),
  })
  .meta({ description: 'The message as it was then; for a message whose row is gone only its id and status' })
const messageData = z.object({ message, reason: unprocessable })

const sent = (status: string, meaning: string): EventDescription => ({
  meaning: `An outbound message ${meaning}.`,
  source: 'log',
  data: messageData.extend({ message: message.extend({ status: z.literal(status) }) }),
})

const groupData = z.object({
  group: addressSchema,
  by: addressSchema.nullable().meta({ description: 'Who did it; null: WhatsApp did not say' }),
  changes: z.array(
    z.object({
      change: z.string().meta({ example: 'participantsAdded' }),
      kind: z.string().meta({ description: "WhatsApp's own name of the change" }),
      participants: z.array(addressSchema),
      subject: z.string().nullable(),
      description: z.string().nullable(),
    }),
  ),
  at: isoTime,
})

const chatData = z.object({
  chat: addressSchema,
  by: addressSchema.meta({ description: 'Who set it: the other one, or the account itself on another device' }),
  disappearingSeconds: z.number().int().meta({ description: '0: messages stay' }),
  at: isoTime,
})

const callData = z.object({
  call: z.object({
    id: z.string(),
    from: addressSchema,
    group: addressSchema.nullable(),
    kind: z.enum(['audio', 'video']),
    ringing: z.boolean().meta({ description: 'false: it was over when the session heard of it' }),
    rejected: z.boolean().meta({ description: 'The session is set to reject calls, and rejects this one' }),
  }),
  at: isoTime,
})

const presenceData = z.object({
  chat: addressSchema,
  contact: addressSchema,
  state: z.enum(['available', 'unavailable', 'composing', 'recording']),
  lastSeenAt: isoTime.nullable().meta({ description: 'Of somebody who went and shows it' }),
})

const endpointData = z.object({
  endpoint: endpointSchema,
  failingSince: isoTime.nullable(),
  nextProbeAt: isoTime.nullable(),
})

const ofSession = (meaning: string, source: EventDescription['source'] = 'log'): EventDescription => ({
  meaning,
  source,
  data: sessionData,
})
/** Something that happens to an earlier message is a message itself. */
const about = (meaning: string): EventDescription => ({ meaning, source: 'log', data: messageData })

export const EVENT_DATA: Readonly<Record<EventType, EventDescription>> = {
  'session.created': ofSession('A session was made.', 'control'),
  'session.deleted': ofSession('A session was deleted: it sends and receives nothing any more.', 'control'),
  'session.qr': {
    meaning: 'There is a new QR or pairing code to link the session with. Fetch it: `GET /v1/sessions/{id}/qr`.',
    source: 'log',
    data: sessionData.extend({
      link: z.object({
        method: z.enum(['qr', 'code']),
        attempt: z.number().int(),
        expiresAt: isoTime,
        qr: z.string().optional().meta({ description: 'In the live stream of the session only' }),
        code: z.string().nullish().meta({ description: 'In the live stream of the session only' }),
      }),
    }),
  },
  'session.linked': ofSession('A phone was linked to the session.'),
  'session.connected': ofSession('The session is connected to WhatsApp.'),
  'session.disconnected': ofSession('The connection ended. Unless the session was stopped, it reconnects by itself.'),
  'session.restricted': ofSession('WhatsApp lets this number open no new chats for a while.'),
  'session.unrestricted': ofSession('The restriction is over.'),
  'session.loggedOut': ofSession('The device was unlinked: the session has to be linked again.'),
  'session.failed': ofSession('The session cannot go on by itself; `reason` says what to do.', 'either'),
  'session.moved': ofSession('The session is being handed to another worker; it reconnects by itself.'),
  'message.sent': sent('sent', 'was taken by WhatsApp'),
  'message.delivered': sent('delivered', 'arrived on a device of the recipient'),
  'message.read': sent('read', 'was read'),
  'message.played': sent('played', 'was played'),
  'message.failed': sent('failed', 'failed; `message.failure` says why'),
  'message.unknown': sent('unknown', 'may or may not have been sent; it is not repeated'),
  'message.canceled': {
    ...sent('canceled', 'was canceled before anybody began to send it'),
    source: 'control',
  },
  'message.received': { meaning: 'A message came in.', source: 'log', data: messageData },
  'message.edited': about('The sender gave a message another text; `message.edit` names it and says the new one.'),
  'message.deleted': about('Somebody deleted a message for everyone; `message.delete` names it.'),
  'message.reaction': about('Somebody reacted to a message, or took a reaction back (emoji null).'),
  'message.undecryptable': {
    meaning:
      'A message came in that could not be decrypted (yet). If its content comes later, `message.received` follows.',
    source: 'log',
    data: messageData,
  },
  'chat.updated': {
    meaning:
      'Somebody set after how long the messages of a chat of two disappear. What the session sends there follows it.',
    source: 'log',
    data: chatData,
  },
  'group.updated': { meaning: 'Something about a group changed.', source: 'log', data: groupData },
  'contact.merged': {
    meaning: 'Two contacts turned out to be one person: from now on the first of the two ids names both.',
    source: 'log',
    data: z.object({
      contact: z.object({ contactId: z.string(), phone: z.string().nullable(), lid: z.string().nullable() }).nullable(),
      mergedContactId: z.string().meta({ description: 'The id that is given up; it leads to the contact' }),
    }),
  },
  'call.received': {
    meaning: 'Somebody calls, or called while the session was away.',
    source: 'log',
    data: callData,
  },
  'presence.updated': {
    meaning: 'Somebody came online, went, types or records. Shown and forgotten: told to endpoints that name it only.',
    source: 'control',
    data: presenceData,
  },
  'poll.voted': {
    meaning: 'Somebody voted on a poll, or voted anew: what they choose now, and all votes so far.',
    source: 'log',
    data: messageData.extend({
      poll: z
        .object({
          messageId: z.string(),
          results: z.array(z.object({ option: z.string(), votes: z.number().int() })),
        })
        .optional()
        .meta({ description: 'Absent when the poll is not known, or its secret is lost' }),
    }),
  },
  'media.stored': {
    meaning: 'The file of a received message can be downloaded: `GET /v1/media/{id}`.',
    source: 'log',
    data: z.object({ media: mediaSchema }),
  },
  'media.unavailable': {
    meaning: 'The file of a received message could not be had; `media.failure` says why.',
    source: 'log',
    data: z.object({ media: mediaSchema }),
  },
  'endpoint.failing': {
    meaning: 'A webhook endpoint does not take deliveries; they are held. Told to your other endpoints.',
    source: 'control',
    data: endpointData,
  },
  'endpoint.disabled': {
    meaning: 'A webhook endpoint was switched off: it answered 410, or failed for five days. Its deliveries are held.',
    source: 'control',
    data: endpointData,
  },
  'endpoint.recovered': {
    meaning: 'A webhook endpoint takes deliveries again; what was held goes out.',
    source: 'control',
    data: endpointData,
  },
  'delivery.exhausted': {
    meaning: 'All attempts of a delivery failed. `POST /v1/webhook-deliveries/{id}/retry` opens it again.',
    source: 'control',
    data: z.object({ delivery: deliverySchema }),
  },
  'limit.reached': {
    meaning:
      'A limit of the tenant, or of a key, was reached: told once per limit and UTC hour (rates) or day (quotas).',
    source: 'control',
    data: limitData,
  },
}

/** The whole event, as in GET /v1/events, in a webhook's body and in a stream. */
export const eventSchemaOf = (type: EventType): z.ZodObject => {
  const { source, data } = EVENT_DATA[type]
  const sequence = z.number().int().min(1)
  return z.object({
    id: idOutput('evt'),
    type: z.literal(type),
    apiVersion: z.string().meta({ example: '2026-11-21' }),
    tenantId: idOutput('ten'),
    mode: modeSchema,
    sessionId: idOutput('ses').nullable(),
    sequence: source === 'log' ? sequence : source === 'control' ? z.null() : sequence.nullable(),
    timestamp: isoTime,
    data: data.nullable().meta({ description: 'null only when it was removed on request (`expungedAt`)' }),
    expungedAt: isoTime.optional(),
  })
}
