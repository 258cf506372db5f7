import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { type Chat, compose, type Draft } from '../phones/compose.ts'
import { sendGarbage } from '../phones/garbage.ts'
import { sendStatus, sendToGroup } from '../phones/group-outgoing.ts'
import { newWhatsappId, sendFromPhone, sendManyFromPhone } from '../phones/outgoing.ts'
import type { OutgoingMessage } from '../phones/sessions.ts'
import { Problem } from '../problem.ts'
import type { Phone } from '../store/phones.ts'
import { isBlocked } from '../store/signals.ts'
import { lidJid, phoneJid, STATUS } from '../wire/jid.ts'
import { requireGroup, requireMember } from './groups.ts'
import { type Call, ok, parseBody, phoneNumberOf, phoneOrNew, phoneSchema, type Reply, requirePhone } from './route.ts'

const MAX_TEXT_LENGTH = 65_536
const MAX_MEDIA_BYTES = 100 * 1024 * 1024
const text = z.string().min(1).max(MAX_TEXT_LENGTH)
const messageId = z.string().min(1)
const groupSchema = z.string().regex(/^\d{10,25}@g\.us$/, 'a group address')

const mediaSchema = z
  .strictObject({
    kind: z.enum(['image', 'video', 'audio', 'voice', 'document', 'sticker']),
    dataBase64: z.base64().optional(),
    /** Instead of `dataBase64`: that many random bytes. */
    sizeBytes: z.int().min(1).max(MAX_MEDIA_BYTES).optional(),
    mimetype: z.string().optional(),
    caption: z.string().optional(),
    fileName: z.string().optional(),
    seconds: z.number().optional(),
    viewOnce: z.boolean().optional(),
  })
  .refine(({ dataBase64, sizeBytes }) => (dataBase64 === undefined) !== (sizeBytes === undefined), {
    message: 'either dataBase64 or sizeBytes',
  })

const KINDS = {
  text: text.optional(),
  media: mediaSchema.optional(),
  location: z
    .strictObject({
      latitude: z.number(),
      longitude: z.number(),
      name: z.string().optional(),
      address: z.string().optional(),
    })
    .optional(),
  contacts: z
    .array(z.strictObject({ name: z.string(), phone: phoneSchema }))
    .min(1)
    .optional(),
  poll: z
    .strictObject({
      name: z.string(),
      options: z.array(z.string()).min(1),
      selectable: z.int().min(0).default(1),
    })
    .optional(),
  vote: z.strictObject({ pollId: messageId, options: z.array(z.string()) }).optional(),
  reaction: z.strictObject({ messageId, emoji: z.string() }).optional(),
  edit: z.strictObject({ messageId, text }).optional(),
  revoke: z.strictObject({ messageId }).optional(),
  message: z.record(z.string(), z.unknown()).optional(),
  garbage: z.enum(['msg', 'pkmsg', 'skmsg', 'empty']).optional(),
}
const KIND_NAMES = Object.keys(KINDS) as (keyof typeof KINDS)[]

const sendBody = z
  .strictObject({
    to: z.union([z.literal('status'), groupSchema, phoneSchema], {
      error: 'a phone number in E.164 form, a group address or "status"',
    }),
    ...KINDS,
    quote: messageId.optional(),
    mentions: z.array(phoneSchema).optional(),
    id: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/)
      .optional(),
    addressing: z.enum(['pn', 'lid']).optional(),
    /** Readers of a status. */
    audience: z.array(phoneSchema).optional(),
  })
  .refine((body) => KIND_NAMES.filter((name) => body[name] !== undefined).length === 1, {
    message: `exactly one of ${KIND_NAMES.join(', ')}`,
  })
type SendBody = z.infer<typeof sendBody>

export async function send(call: Call): Promise<Reply> {
  const body = parseBody(sendBody, call)
  const from = phoneOrNew(call, phoneNumberOf(call))
  if (!from.onWhatsApp) throw new Problem(409, 'not_on_whatsapp', `+${from.phone} is marked as not on WhatsApp.`)
  if (!from.online)
    throw new Problem(409, 'phone_offline', `The phone +${from.phone} is offline: it can send nothing now.`)
  const whatsappId = body.id ?? newWhatsappId()
  const to = body.to === 'status' || body.to.includes('@') ? body.to : `+${body.to}`
  const devices = await deliver(call, from, body, whatsappId)
  return ok({ whatsappId, from: `+${from.phone}`, to, text: body.text ?? null, devices }, 201)
}

async function deliver(call: Call, from: Phone, body: SendBody, whatsappId: string): Promise<(string | number)[]> {
  const { world } = call
  const addressing = body.addressing ?? from.addressing
  const outgoing = (chat: Chat): OutgoingMessage => ({
    whatsappId,
    plaintext: compose(world, from, chat, draftOf(body)),
    addressing: chat.addressing,
    category: '',
  })
  if (body.to === 'status') {
    const readers = (body.audience ?? []).map((phone) => requirePhone(call, phone))
    return sendStatus(world, from, readers, outgoing({ jid: STATUS, addressing }))
  }
  if (body.to.includes('@')) {
    const group = requireGroup(call, body.to)
    requireMember(call, group, from.phone)
    if (body.garbage) return sendGarbage(world, from, group, whatsappId, body.garbage)
    return sendToGroup(world, from, group, outgoing(group))
  }
  const to = requirePhone(call, body.to)
  if (!to.onWhatsApp) throw new Problem(409, 'not_on_whatsapp', `+${to.phone} is marked as not on WhatsApp.`)
  if (body.garbage) return sendGarbage(world, from, to, whatsappId, body.garbage)
  if (isBlocked(world.database, to.id, from.id)) return []
  const jid = addressing === 'lid' ? lidJid(to.lid) : phoneJid(to.phone)
  return sendFromPhone(world, from, to, outgoing({ jid, addressing }))
}

const manyBody = z.strictObject({ to: phoneSchema, count: z.int().min(1).max(20_000), text })

/** `count` texts at once: `<text> 1`, `<text> 2`, … */
export async function sendMany(call: Call): Promise<Reply> {
  const { to, count, text: prefix } = parseBody(manyBody, call)
  const from = phoneOrNew(call, phoneNumberOf(call))
  const recipient = requirePhone(call, to)
  const { addressing } = from
  const chat = { jid: addressing === 'lid' ? lidJid(recipient.lid) : phoneJid(recipient.phone), addressing }
  const messages = Array.from({ length: count }, (_, index): OutgoingMessage => {
    const plaintext = compose(call.world, from, chat, { kind: 'text', text: `${prefix} ${index + 1}` })
    return { whatsappId: newWhatsappId(), plaintext, addressing, category: '' }
  })
  const devices = await sendManyFromPhone(call.world, from, recipient, messages)
  return ok({ count, devices, whatsappIds: messages.map(({ whatsappId }) => whatsappId) }, 201)
}

function draftOf(body: SendBody): Draft {
  const { quote, mentions } = body
  if (body.text !== undefined) return { kind: 'text', text: body.text, quote, mentions }
  if (body.media) {
    const { dataBase64, sizeBytes, ...rest } = body.media
    const bytes = dataBase64 === undefined ? randomBytes(sizeBytes ?? 0) : Buffer.from(dataBase64, 'base64')
    return { kind: 'media', media: { ...rest, bytes } }
  }
  if (body.location) return { kind: 'location', ...body.location }
  if (body.contacts) return { kind: 'contacts', contacts: body.contacts }
  if (body.poll) return { kind: 'poll', ...body.poll }
  if (body.vote) return { kind: 'vote', ...body.vote }
  if (body.reaction) return { kind: 'reaction', ...body.reaction }
  if (body.edit) return { kind: 'edit', ...body.edit }
  if (body.revoke) return { kind: 'revoke', ...body.revoke }
  if (body.message) return { kind: 'raw', message: body.message }
  throw new Problem(400, 'invalid_body', `body: garbage cannot go to a status`)
}
