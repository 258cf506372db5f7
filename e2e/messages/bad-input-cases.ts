import { jpeg, mp3, pdf, webp } from './files.ts'

/** What the test made beforehand. */
export interface BadWorld {
  readonly contact: string
  /** on WhatsApp, but in none of our groups */
  readonly stranger: string
  /** not on WhatsApp */
  readonly absent: string
  readonly group: string
  /** a group that the account left */
  readonly leftGroup: string
  /** a group where only admins write; the account is none */
  readonly announcements: string
  /** a text that the session sent */
  readonly own: string
  /** a message that came in, in a chat of two */
  readonly theirs: string
  upload(bytes: Buffer, mimetype: string): Promise<string>
  /** a file that was deleted, as one is after its time */
  expiredMedia(): Promise<string>
  /** a file whose address was asked for and never used */
  waitingMedia(): Promise<string>
}

export interface BadInput {
  readonly what: string
  readonly code: string
  /** request: answered with the code. worker: accepted, and it ends failed with it before anything left */
  readonly when: 'request' | 'worker'
  readonly body: (world: BadWorld) => Record<string, unknown> | Promise<Record<string, unknown>>
}

const MINUTE_MS = 60_000
const SOME_ID = 'msg_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S'
const text = (to: string, more: Record<string, unknown> = {}) => ({ to, type: 'text', text: { body: 'x' }, ...more })
const image = async ({ contact }: BadWorld, mediaId: Promise<string> | string) => ({
  to: contact,
  type: 'image',
  image: { mediaId: await mediaId },
})
const poll = ({ contact }: BadWorld, count: number) => ({
  to: contact,
  type: 'poll',
  poll: { name: 'Which?', options: Array.from({ length: count }, (_, index) => `${index}`) },
})

/** Everything that cannot be sent, with its code; docs/messages.md shows these lines. */
export const BAD_INPUT: readonly BadInput[] = [
  {
    what: 'a file of a type that does not go as this',
    code: 'media_type_mismatch',
    when: 'request',
    body: async ({ contact, upload }) => ({
      to: contact,
      type: 'voice',
      voice: { mediaId: await upload(mp3(), 'audio/mpeg') },
    }),
  },
  {
    what: 'a file whose first bytes are not those of its type',
    code: 'media_type_mismatch',
    when: 'request',
    body: (world) => image(world, world.upload(pdf(), 'image/jpeg')),
  },
  {
    what: 'an empty file',
    code: 'media_empty',
    when: 'request',
    body: (world) => image(world, world.upload(Buffer.alloc(0), 'image/jpeg')),
  },
  {
    what: 'a file that is too large for its kind',
    code: 'media_too_large',
    when: 'request',
    body: async (world) => image(world, world.upload(jpeg(17 * 1024 * 1024), 'image/jpeg')),
  },
  {
    what: 'a sticker of another size than 512 × 512 pixels',
    code: 'sticker_size_wrong',
    when: 'request',
    body: async ({ contact, upload }) => ({
      to: contact,
      type: 'sticker',
      sticker: { mediaId: await upload(webp(96), 'image/webp') },
    }),
  },
  {
    what: 'an unknown file',
    code: 'media_not_found',
    when: 'request',
    body: (world) => image(world, 'med_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S'),
  },
  {
    what: 'a file that is not kept any more',
    code: 'media_expired',
    when: 'request',
    body: (world) => image(world, world.expiredMedia()),
  },
  {
    what: 'a file that was announced and not uploaded',
    code: 'media_not_ready',
    when: 'request',
    body: (world) => image(world, world.waitingMedia()),
  },
  {
    what: 'a URL to a private address',
    code: 'media_url_refused',
    when: 'request',
    body: ({ contact }) => ({ to: contact, type: 'image', image: { url: 'http://169.254.169.254/latest/meta-data/' } }),
  },
  {
    what: 'an edit more than 15 minutes after the message',
    code: 'edit_window_closed',
    when: 'request',
    body: ({ own }) => ({
      type: 'edit',
      edit: { messageId: own, text: { body: 'x' } },
      sendAt: new Date(Date.now() + 16 * MINUTE_MS).toISOString(),
    }),
  },
  {
    what: 'an edit of what somebody else wrote',
    code: 'message_not_editable',
    when: 'request',
    body: ({ theirs }) => ({ type: 'edit', edit: { messageId: theirs, text: { body: 'x' } } }),
  },
  {
    what: 'a deletion of what the other one wrote in a chat of two',
    code: 'message_not_deletable',
    when: 'request',
    body: ({ theirs }) => ({ type: 'delete', delete: { messageId: theirs } }),
  },
  {
    what: 'a reaction to an unknown message',
    code: 'message_not_found',
    when: 'request',
    body: () => ({ type: 'reaction', reaction: { messageId: SOME_ID, emoji: '👍' } }),
  },
  {
    what: 'a reply to an unknown message',
    code: 'message_not_found',
    when: 'request',
    body: ({ contact }) => text(contact, { replyTo: SOME_ID }),
  },
  { what: 'a poll with 1 option', code: 'validation_failed', when: 'request', body: (world) => poll(world, 1) },
  { what: 'a poll with 13 options', code: 'validation_failed', when: 'request', body: (world) => poll(world, 13) },
  {
    what: 'a number that is none',
    code: 'validation_failed',
    when: 'request',
    body: () => text('+55119'),
  },
  {
    what: 'a number that is not on WhatsApp',
    code: 'recipient_not_on_whatsapp',
    when: 'worker',
    body: ({ absent }) => text(absent),
  },
  {
    what: 'a mention of somebody who is not in the group',
    code: 'mention_not_in_group',
    when: 'worker',
    body: ({ group, stranger }) => text(group, { mentions: [stranger] }),
  },
  {
    what: 'a group that the account left',
    code: 'not_group_member',
    when: 'worker',
    body: ({ leftGroup }) => text(leftGroup),
  },
  {
    what: 'a group that does not exist',
    code: 'not_group_member',
    when: 'worker',
    body: () => text('120363000000000000@g.us'),
  },
  {
    what: 'a group where only admins write',
    code: 'not_group_admin',
    when: 'worker',
    body: ({ announcements }) => text(announcements),
  },
]
