import * as z from 'zod'
import { CONTENT_LIMITS } from '../../core/content-limits.ts'
import { idParameter, metadataSchema } from '../common.ts'
import { expiresAtSchema, sendAtSchema } from '../message-times.ts'
import { addressInput } from './address.ts'
import { audioPart, documentPart, imagePart, stickerPart, videoPart, voicePart } from './media-parts.ts'
import {
  contactsPart,
  deletePart,
  editPart,
  locationPart,
  pollPart,
  reactionPart,
  replyInput,
  textPart,
} from './parts.ts'

/** Fields of every request for a message, whatever its type. */
const commonFields = {
  sessionId: idParameter('ses'),
  sendAt: sendAtSchema.optional(),
  expiresAt: expiresAtSchema.optional(),
  retry: z.enum(['standard', 'atMostOnce']).optional().meta({
    description:
      'standard (default): a message without an answer is sent again, under the same WhatsApp id. atMostOnce: it never leaves twice; without an answer it ends `unknown`',
  }),
  metadata: metadataSchema.default({}),
}

const recipient = addressInput.meta({
  description:
    'E.164 with or without +, …@s.whatsapp.net, …@c.us, a group (…@g.us), …@lid, con_…, "status" with an audience, or an address object of an answer',
  example: '+5511988887777',
})

/** What a message may say besides its own part. */
const options = {
  replyTo: replyInput
    .nullish()
    .meta({ description: 'The message that this one answers: an id, or the reference object of an answer' }),
  mentions: z
    .array(addressInput)
    .max(CONTENT_LIMITS.mentions)
    .nullish()
    .meta({ description: 'People named in it. In a group they must be members' }),
  mentionsEveryone: z.boolean().nullish().meta({ description: 'Names all members of the group' }),
  forwarded: z.boolean().nullish().meta({ description: 'Shown as forwarded' }),
}
const audience = {
  audience: z
    .array(addressInput)
    .min(1)
    .max(CONTENT_LIMITS.audience)
    .nullish()
    .meta({ description: 'Who sees a status; only and always with `to: "status"`' }),
}

const chatMessage = { ...commonFields, to: recipient, ...options }
const statusMessage = { ...chatMessage, ...audience }
/** What happens to an earlier message goes to that message's chat. */
const answerMessage = { ...commonFields, to: recipient.optional() }

export const sendMessageBody = z
  .discriminatedUnion('type', [
    z.strictObject({ ...statusMessage, type: z.literal('text'), text: textPart }),
    z.strictObject({ ...statusMessage, type: z.literal('image'), image: imagePart }),
    z.strictObject({ ...statusMessage, type: z.literal('video'), video: videoPart }),
    z.strictObject({ ...statusMessage, type: z.literal('voice'), voice: voicePart }),
    z.strictObject({ ...chatMessage, type: z.literal('audio'), audio: audioPart }),
    z.strictObject({ ...chatMessage, type: z.literal('document'), document: documentPart }),
    z.strictObject({ ...chatMessage, type: z.literal('sticker'), sticker: stickerPart }),
    z.strictObject({ ...chatMessage, type: z.literal('location'), location: locationPart }),
    z.strictObject({ ...chatMessage, type: z.literal('contacts'), contacts: contactsPart }),
    z.strictObject({ ...chatMessage, type: z.literal('poll'), poll: pollPart }),
    z.strictObject({ ...answerMessage, type: z.literal('reaction'), reaction: reactionPart }),
    z.strictObject({ ...answerMessage, type: z.literal('edit'), edit: editPart }),
    z.strictObject({ ...answerMessage, type: z.literal('delete'), delete: deletePart }),
  ])
  .meta({
    id: 'SendMessage',
    example: {
      sessionId: 'ses_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S',
      to: '+5511988887777',
      type: 'text',
      text: { body: 'Hello' },
    },
  })
export type SendMessageBody = z.output<typeof sendMessageBody>
