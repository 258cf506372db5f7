import * as z from 'zod'
import { idParameter, metadataSchema } from './common.ts'
import { addressInput } from './content/address.ts'
import { editPart, reactionPart } from './content/parts.ts'
import { expiresAtSchema, sendAtSchema } from './message-times.ts'
import { messageSchema } from './messages.ts'
import type { Operation } from './operation.ts'

/** What every request for a message may say besides; the session is that of the message in the path. */
const common = {
  expiresAt: expiresAtSchema.optional(),
  retry: z.enum(['standard', 'atMostOnce']).optional(),
  metadata: metadataSchema.default({}),
}

const about = {
  function: 'api-messages',
  tag: 'messages',
  auth: 'tenant',
  sessionKeys: true,
  scopes: ['messages:send'],
  idempotent: 'messageRow',
  params: z.object({ messageId: idParameter('msg') }),
  responses: { 202: messageSchema },
  notFound: 'No message with this id.',
} as const
const FAULTS = [
  'not_found',
  'session_not_linked',
  'quota_exceeded',
  'idempotency_key_reused',
  'message_not_found',
] as const
const same = (type: string): string =>
  `Short for POST /v1/messages with type \`${type}\`, in every respect: what it answers is a message of its own, with its own id and end.`

/** What one does to a message that is there, by its address. */
export const messageShortcutOperations = {
  editMessage: {
    ...about,
    method: 'PATCH',
    path: '/v1/messages/{messageId}',
    summary: 'Edit a text that the session sent',
    description: same('edit'),
    body: z.strictObject({ ...common, text: editPart.shape.text }).meta({ example: { text: { body: 'Hello again' } } }),
    faults: [...FAULTS, 'message_not_editable', 'edit_window_closed'],
  },
  deleteMessage: {
    ...about,
    method: 'DELETE',
    path: '/v1/messages/{messageId}',
    summary: 'Delete a message for everyone',
    description: same('delete'),
    faults: [...FAULTS, 'message_not_deletable'],
  },
  reactToMessage: {
    ...about,
    method: 'PUT',
    path: '/v1/messages/{messageId}/reactions',
    summary: 'React to a message; a new reaction takes the place of the one before',
    description: same('reaction'),
    body: z.strictObject({ ...common, emoji: reactionPart.shape.emoji.unwrap() }).meta({ example: { emoji: '👍' } }),
    faults: FAULTS,
  },
  removeReaction: {
    ...about,
    method: 'DELETE',
    path: '/v1/messages/{messageId}/reactions',
    summary: 'Take the reaction of the session back',
    description: same('reaction'),
    faults: FAULTS,
  },
  forwardMessage: {
    ...about,
    method: 'POST',
    path: '/v1/messages/{messageId}/forward',
    summary: 'Send the content of a message to another chat, shown as forwarded',
    description:
      'Short for POST /v1/messages with the same content and `forwarded: true`. Quotes and mentions stay behind. What may be seen once, was deleted or never read cannot be forwarded.',
    body: z
      .strictObject({ ...common, to: addressInput, sendAt: sendAtSchema.optional() })
      .meta({ example: { to: '+5511988887777' } }),
    faults: [
      ...FAULTS,
      'message_not_forwardable',
      'media_not_found',
      'media_expired',
      'media_not_ready',
      'media_type_mismatch',
      'media_too_large',
      'media_empty',
      'sticker_size_wrong',
    ],
  },
} as const satisfies Record<string, Operation>
