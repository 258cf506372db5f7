import * as z from 'zod'
import { UNDECRYPTABLE_REASONS } from '../../core/undecryptable.ts'
import { isoTime } from '../common.ts'
import { addressSchema } from './address.ts'

/**
 * The parts of a message in answers and events. Wider than those of requests: a contact may send what we would refuse
 * (a poll with one option, a caption without end), and rows of older versions hold less.
 */
const text = z.string().nullish()
const count = z.number().nullish()

const mediaOutput = z
  .object({
    mediaId: text.meta({ description: 'GET /v1/media/{id} answers a downloadUrl' }),
    mimetype: text,
    sizeBytes: count,
    sha256: text.meta({ description: 'Hex, of the file' }),
    status: z.enum(['stored', 'pending', 'unavailable']).nullish(),
    caption: text,
    fileName: text,
    seconds: count,
    width: count,
    height: count,
    pageCount: count,
    waveform: z.array(z.number()).nullish(),
    viewOnce: z.boolean().nullish(),
    animated: z.boolean().nullish(),
    gif: z.boolean().nullish(),
    url: text.meta({ description: 'Where a file that you gave as a url came from' }),
    thumbnail: text,
  })
  .meta({ id: 'MediaContentOutput' })

const target = { messageId: text, whatsappId: text }

export const contentOutput = {
  text: z
    .object({
      body: z.string(),
      linkPreview: z.object({ url: z.string(), title: text, description: text, thumbnail: text }).nullish(),
    })
    .optional(),
  image: mediaOutput.optional(),
  video: mediaOutput.optional(),
  audio: mediaOutput.optional(),
  voice: mediaOutput.optional(),
  document: mediaOutput.optional(),
  sticker: mediaOutput.optional(),
  location: z.object({ latitude: z.number(), longitude: z.number(), name: text, address: text }).optional(),
  contacts: z
    .array(
      z.object({
        name: z.string(),
        phones: z.array(z.string()),
        organization: text,
        emails: z.array(z.string()),
        vcard: text,
      }),
    )
    .optional(),
  poll: z
    .object({
      name: z.string(),
      options: z.array(z.string()),
      selectableCount: z.number(),
      results: z.array(z.object({ option: z.string(), votes: z.number().int() })).nullish(),
    })
    .optional(),
  pollVote: z.object({ ...target, options: z.array(z.string()).nullable() }).optional(),
  reaction: z.object({ ...target, emoji: z.string().nullable() }).optional(),
  edit: z.object({ ...target, text: z.object({ body: z.string() }) }).optional(),
  delete: z.object(target).optional(),
  unsupported: z.object({ kind: z.string() }).optional(),
  undecryptable: z
    .object({ reason: z.enum(UNDECRYPTABLE_REASONS) })
    .optional()
    .meta({
      description:
        'type undecryptable: why there is no content. If WhatsApp delivers it later, the same message gets its type and content, and a message.received.',
    }),
  replyTo: z.object(target).nullish(),
  mentions: z.array(addressSchema).nullish(),
  mentionsEveryone: z.boolean().nullish(),
  forwarded: z.boolean().nullish(),
  audience: z.array(addressSchema).nullish(),
  reactions: z
    .array(z.object({ from: addressSchema, emoji: z.string(), at: isoTime }))
    .nullish()
    .meta({ description: 'What people react with now; of a single message (GET by id)' }),
  disappearingSeconds: z.number().nullish().meta({ description: 'The chat deletes it after this long' }),
}
