import * as z from 'zod'
import { idParameter } from './common.ts'

const TEXT_CHARACTERS = 65_536
/** The request may have 1 MB, and base64 takes a third more. */
const FILE_CHARACTERS = 700_000
const FILE_BYTES = 16 * 1024 * 1024

const phone = z.string().min(1).max(40).meta({ example: '+5511988887777' })
const body = z.string().min(1).max(TEXT_CHARACTERS)
const messageId = idParameter('msg').meta({ description: 'A message of the session that the contact knows' })

/** What a simulated contact can say. Exactly one of these. */
const kinds = {
  text: body.optional(),
  media: z
    .strictObject({
      kind: z.enum(['image', 'video', 'audio', 'voice', 'document', 'sticker']),
      dataBase64: z.base64().max(FILE_CHARACTERS).optional(),
      sizeBytes: z.int().min(1).max(FILE_BYTES).optional().meta({ description: 'Instead: so many random bytes' }),
      mimetype: z.string().min(3).max(100).optional(),
      caption: z.string().max(1_024).optional(),
      fileName: z.string().min(1).max(240).optional(),
      seconds: z.number().min(0).max(86_400).optional(),
      viewOnce: z.boolean().optional(),
    })
    .refine(({ dataBase64, sizeBytes }) => (dataBase64 === undefined) !== (sizeBytes === undefined), {
      message: 'Exactly one of dataBase64 and sizeBytes',
    })
    .optional(),
  location: z
    .strictObject({
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      name: z.string().max(1_000).optional(),
      address: z.string().max(1_000).optional(),
    })
    .optional(),
  contacts: z
    .array(z.strictObject({ name: z.string().min(1).max(200), phone }))
    .min(1)
    .max(20)
    .optional(),
  poll: z
    .strictObject({
      name: z.string().min(1).max(255),
      options: z.array(z.string().min(1).max(100)).min(1).max(12),
      selectableCount: z.number().int().min(0).max(12).default(1),
    })
    .optional(),
  pollVote: z
    .strictObject({ messageId, options: z.array(z.string().min(1).max(100)).max(12) })
    .optional()
    .meta({ description: 'An empty list takes the vote back' }),
  reaction: z
    .strictObject({ messageId, emoji: z.string().max(40).nullable() })
    .optional()
    .meta({ description: 'null takes the reaction back' }),
  edit: z.strictObject({ messageId, text: z.strictObject({ body }) }).optional(),
  delete: z.strictObject({ messageId }).optional(),
  disappearingSeconds: z
    .number()
    .int()
    .min(0)
    .max(7_776_000)
    .optional()
    .meta({ description: 'They set the timer of the chat; 0: messages stay' }),
}
export const RECEIVE_KINDS = Object.keys(kinds) as (keyof typeof kinds)[]

export const testReceiveBody = z
  .strictObject({
    from: phone,
    ...kinds,
    group: z
      .string()
      .regex(/^\d{10,25}@g\.us$/, 'Not a group id: …@g.us')
      .optional()
      .meta({ description: 'Where they say it; default: in the chat of two' }),
    replyTo: messageId.optional().meta({ description: 'Of a text: what it answers' }),
    mentions: z.array(phone).max(100).optional().meta({ description: 'Of a text' }),
  })
  .refine((request) => RECEIVE_KINDS.filter((kind) => request[kind] !== undefined).length === 1, {
    message: `Exactly one of ${RECEIVE_KINDS.join(', ')}`,
    path: ['text'],
  })
  .meta({ id: 'TestReceiveRequest', example: { from: '+5511988887777', text: 'Hi' } })
export type TestReceiveBody = z.output<typeof testReceiveBody>
