import { END_FAILURES } from '../../shared/core/message-failures.ts'
import type { Failure } from '../../shared/store/rows/message.ts'

const failure = (code: string, message: string, retryable = false): Failure => ({ code, message, retryable })

export const FAILURES = {
  ...END_FAILURES,
  notOnWhatsApp: failure('recipient_not_on_whatsapp', 'The recipient is not on WhatsApp.'),
  unsupportedType: failure('unsupported_type', 'This worker cannot send messages of this type.'),
  invalidRecipient: failure('invalid_recipient', 'The recipient has neither a phone number nor a chat address.'),
  messageGone: failure('message_not_found', 'The message that this one is about does not exist any more.'),
  editWindowClosed: failure(
    'edit_window_closed',
    'WhatsApp takes edits for 15 minutes; this one could not be sent in time.',
  ),
  mentionNotInGroup: failure('mention_not_in_group', 'Somebody who is mentioned is not a member of the group.'),
  notGroupMember: failure('not_group_member', 'The account is not in this group, or there is no such group.'),
  notGroupAdmin: failure('not_group_admin', 'Only admins write in this group, and the account is none.'),
  nobodyToReach: failure('recipient_not_on_whatsapp', 'Nobody of the audience is on WhatsApp.'),
  mediaGone: failure('media_expired', 'The file of the message is not there any more.'),
  noAnswer: failure('no_answer', 'It was handed to WhatsApp, which never confirmed it: it may have arrived.'),
  loggedOut: failure('session_logged_out', 'The phone was unlinked before the message was sent.'),
} as const

/** WhatsApp has two reasons for it: the account may open no chats now, or a chat's privacy token is missing. */
export const CHAT_REFUSED = 463

/**
 * The server refused a message.
 * @param code of the nack
 * @param isNewChat nobody wrote in this chat before
 */
export const refusal = (code: number, isNewChat: boolean): Failure => {
  if (code !== CHAT_REFUSED) return failure('whatsapp_rejected', `WhatsApp rejected the message (code ${code}).`)
  return isNewChat
    ? failure('new_chat_restricted', 'WhatsApp does not let this account start new chats now.', true)
    : failure('privacy_token_missing', 'WhatsApp wants a fresh privacy token for this chat; try again later.', true)
}

/** Frames of one message at most, the first one included (protocol §6). */
export const frameLimit = (retry: 'standard' | 'atMostOnce'): number => (retry === 'atMostOnce' ? 1 : 4)
