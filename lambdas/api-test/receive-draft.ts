import type { TestReceiveBody } from '../../shared/contract/test-receive.ts'
import { requirePhone } from './require-phone.ts'

/**
 * What the simulated contact is told to send, in the words of the simulator's control API.
 * @param whatsappIdOf the WhatsApp id of a message of the session
 * @throws Fault message_not_found, validation_failed
 */
export const draftOf = async (
  body: TestReceiveBody,
  whatsappIdOf: (messageId: string, path: string) => Promise<string>,
  now: number,
): Promise<Record<string, unknown>> => {
  const { text, media, location, contacts, poll, pollVote, reaction, edit, delete: deletion } = body
  if (text !== undefined) return textDraft(body, text, whatsappIdOf)
  if (media) return { media }
  if (location) return { location }
  if (contacts)
    return {
      contacts: contacts.map(({ name, phone }, index) => ({
        name,
        phone: requirePhone(phone, `contacts.${index}.phone`),
      })),
    }
  if (poll) return { poll: { name: poll.name, options: poll.options, selectable: poll.selectableCount } }
  if (pollVote)
    return {
      vote: { pollId: await whatsappIdOf(pollVote.messageId, 'pollVote.messageId'), options: pollVote.options },
    }
  if (reaction)
    return {
      reaction: {
        messageId: await whatsappIdOf(reaction.messageId, 'reaction.messageId'),
        emoji: reaction.emoji ?? '',
      },
    }
  if (edit) return { edit: { messageId: await whatsappIdOf(edit.messageId, 'edit.messageId'), text: edit.text.body } }
  if (deletion) return { revoke: { messageId: await whatsappIdOf(deletion.messageId, 'delete.messageId') } }
  return {
    message: {
      protocolMessage: {
        type: 'EPHEMERAL_SETTING',
        ephemeralExpiration: body.disappearingSeconds ?? 0,
        ephemeralSettingTimestamp: Math.floor(now / 1_000),
      },
    },
  }
}

const textDraft = async (
  { replyTo, mentions }: TestReceiveBody,
  text: string,
  whatsappIdOf: (messageId: string, path: string) => Promise<string>,
): Promise<Record<string, unknown>> => ({
  text,
  ...(replyTo === undefined ? {} : { quote: await whatsappIdOf(replyTo, 'replyTo') }),
  ...(mentions ? { mentions: mentions.map((phone, index) => requirePhone(phone, `mentions.${index}`)) } : {}),
})
