import * as z from 'zod'
import { CONTENT_LIMITS as LIMITS } from '../../core/content-limits.ts'

/**
 * The own part of each message type, for both directions: what was received can be sent as it stands. Fields that only
 * answers have (`whatsappId`, `results`, …) are accepted in requests and mean nothing there.
 */
export const wellFormed = (schema: z.ZodString) =>
  schema.refine((text) => text.isWellFormed(), 'Not well-formed Unicode: it holds half of a surrogate pair')

const messageReference = z.string().min(1).max(64).meta({
  description: 'Id of an earlier message of this session, sent or received',
  example: 'msg_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S',
})
const answerOnly = {
  whatsappId: z.string().max(100).nullish().meta({ description: 'In answers; ignored in requests' }),
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
/** A JPEG in base64; its first bytes are checked. */
export const thumbnailInput = z
  .string()
  .max(Math.ceil(LIMITS.thumbnailBytes / 3) * 4)
  .regex(BASE64, 'Not base64')
  .refine((text) => text.startsWith('/9j/'), 'Not a JPEG')
  .meta({ description: 'JPEG in base64, at most 32 KiB', example: '/9j/4AAQSkZJRgABAQAAAQABAAD/2Q==' })

const textBody = wellFormed(z.string().min(1).max(LIMITS.textCharacters)).meta({ example: 'Hello' })

export const linkPreviewPart = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .max(2_048)
      .meta({ example: 'https://example.com/offer' }),
    title: wellFormed(z.string().min(1).max(LIMITS.previewTitleCharacters)),
    description: wellFormed(z.string().max(LIMITS.previewDescriptionCharacters)).optional(),
    thumbnail: thumbnailInput.optional(),
  })
  .meta({ description: 'As you give it: the page is never fetched. The url must occur in the body' })

export const textPart = z
  .strictObject({ body: textBody, linkPreview: linkPreviewPart.optional() })
  .refine(({ body, linkPreview }) => !linkPreview || body.includes(linkPreview.url), {
    message: 'Does not occur in text.body',
    path: ['linkPreview', 'url'],
  })
  .meta({ id: 'TextContent', example: { body: 'Hello' } })

export const locationPart = z
  .strictObject({
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    name: wellFormed(z.string().max(LIMITS.placeCharacters)).nullish(),
    address: wellFormed(z.string().max(LIMITS.placeCharacters)).nullish(),
  })
  .meta({ id: 'LocationContent', example: { latitude: -23.5614, longitude: -46.6559, name: 'MASP' } })

const card = z
  .strictObject({
    name: wellFormed(z.string().min(1).max(200)),
    phones: z.array(z.string().min(3).max(40)).max(20).default([]),
    organization: wellFormed(z.string().max(200)).nullish(),
    emails: z.array(z.string().min(3).max(200)).max(20).default([]),
    vcard: wellFormed(z.string().max(LIMITS.cardCharacters))
      .refine((text) => /^BEGIN:VCARD\r?\n/i.test(text) && /END:VCARD\s*$/i.test(text), 'Not a vCard')
      .nullish()
      .meta({ description: 'The whole card; without it one is made of the other fields' }),
  })
  .meta({ id: 'ContactCard', example: { name: 'Ana Souza', phones: ['+5511977776666'] } })

export const contactsPart = z
  .array(card)
  .min(1)
  .max(LIMITS.contacts)
  .meta({ example: [{ name: 'Ana Souza', phones: ['+5511977776666'] }] })

const pollOption = wellFormed(z.string().min(1).max(LIMITS.pollOptionCharacters))

export const pollPart = z
  .strictObject({
    name: wellFormed(z.string().min(1).max(LIMITS.pollNameCharacters)),
    options: z
      .array(pollOption)
      .min(LIMITS.pollOptions.minimum)
      .max(LIMITS.pollOptions.maximum)
      .refine((options) => new Set(options).size === options.length, 'Two options are the same'),
    selectableCount: z.number().int().min(0).max(LIMITS.pollOptions.maximum).default(1).meta({
      description: 'How many options one person may choose; 0: as many as they like',
    }),
    results: z
      .array(z.object({ option: z.string(), votes: z.number().int() }))
      .nullish()
      .meta({ description: 'In answers: votes so far; ignored in requests' }),
  })
  .refine(({ options, selectableCount }) => selectableCount <= options.length, {
    message: 'More than there are options',
    path: ['selectableCount'],
  })
  .meta({ id: 'PollContent', example: { name: 'Lunch?', options: ['yes', 'no'] } })

const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[0-9#*]\u{FE0F}?\u{20E3}/u
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const isOneEmoji = (text: string): boolean => [...graphemes.segment(text)].length === 1 && EMOJI.test(text)

export const reactionPart = z
  .strictObject({
    messageId: messageReference,
    emoji: z
      .string()
      .max(40)
      .refine((text) => text === '' || isOneEmoji(text), 'Not one emoji')
      .nullable()
      .meta({ description: 'One emoji; null takes the reaction back', example: '👍' }),
    ...answerOnly,
  })
  .meta({ id: 'ReactionContent' })

export const editPart = z
  .strictObject({ messageId: messageReference, text: z.strictObject({ body: textBody }), ...answerOnly })
  .meta({ id: 'EditContent', description: 'A new text for a text of yours, within 15 minutes' })

export const deletePart = z
  .strictObject({ messageId: messageReference, ...answerOnly })
  .meta({ id: 'DeleteContent', description: 'Deletes a message for everyone' })

export const replyInput = z.union([messageReference, z.strictObject({ messageId: messageReference, ...answerOnly })])
