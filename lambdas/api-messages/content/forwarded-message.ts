import type * as z from 'zod'
import { type SendMessageBody, sendMessageBody } from '../../../shared/contract/content/send-body.ts'
import type { messageSchema } from '../../../shared/contract/messages.ts'
import { Fault } from '../../../shared/core/fault.ts'
import type { MessageRow } from '../../../shared/store/rows/message.ts'

type Message = z.input<typeof messageSchema>

/** Everything but what happens to another message, or says nothing. */
const TYPES = [
  'text',
  'image',
  'video',
  'audio',
  'voice',
  'document',
  'sticker',
  'location',
  'contacts',
  'poll',
] as const
/** The file is the platform's own by now, wherever it came from; a preview that WhatsApp made may be too large. */
const NOT_FORWARDED = ['url', 'sizeBytes', 'sha256', 'status', 'results']

/**
 * The request for a message with the same content as this one.
 * @param request where it goes, and when
 * @throws Fault message_not_forwardable
 */
export const forwardedMessage = (row: MessageRow, message: Message, request: object): SendMessageBody => {
  const refuse = (detail: string) => new Fault('message_not_forwardable', { detail })
  const type = TYPES.find((name) => name === row.type)
  if (!type) throw refuse(`A message of the type ${row.type} has no content that could be sent again.`)
  if (row.deletedAt != null) throw refuse('The message was deleted for everyone.')
  const part = message[type]
  if (part && 'viewOnce' in part && part.viewOnce) throw refuse('The message may be seen once only.')
  const own = Array.isArray(part) ? part.map(withoutNulls) : withoutNulls(part ?? {})
  const parsed = sendMessageBody.safeParse({
    ...request,
    type,
    [type]: own,
    sessionId: row.sessionId,
    forwarded: true,
  })
  if (parsed.success) return parsed.data
  // A contact's app may allow more than ours sends: a poll with one option, a caption without end.
  const path = parsed.error.issues[0]?.path.join('.')
  throw refuse(`Its content is beyond what can be sent from here: ${path}.`)
}

const withoutNulls = (part: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(part).filter(([name, value]) => value != null && !NOT_FORWARDED.includes(name)))
