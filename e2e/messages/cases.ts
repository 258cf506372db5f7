/**
 * Every type in both directions. `sent`: what the API is asked for, and what of the protobuf that the contact decrypted
 * must be there. `received`: what the simulated contact sends, and the part of the message that the tenant must see.
 * Targets (`$target`) are messages made by the test beforehand.
 */
export interface Case {
  readonly type: string
  readonly variant?: string
  readonly sent?: {
    readonly body: (world: World) => Record<string, unknown>
    /** of the decrypted protobuf, as JSON */
    readonly content: (world: World) => Record<string, unknown>
  }
  readonly received?: {
    readonly draft: (world: World) => Record<string, unknown>
    readonly eventType: string
    readonly message: (world: World) => Record<string, unknown>
  }
}

export interface World {
  /** message of the session that can be answered: its id with us and with WhatsApp */
  readonly own: { readonly id: string; readonly whatsappId: string }
  /** message of the contact */
  readonly theirs: { readonly id: string; readonly whatsappId: string }
  /** poll of the session */
  readonly poll: { readonly id: string; readonly whatsappId: string }
  readonly contact: string
  readonly contactJid: string
}

const PREVIEW = { url: 'https://example.com/offer', title: 'An offer', description: 'Only today' }
const CARDS = [{ name: 'Ben', phones: ['+5511966665555'] }]

export const CASES: readonly Case[] = [
  {
    type: 'text',
    sent: {
      body: () => ({ text: { body: 'Olá, 👩‍👩‍👧‍👦!' } }),
      content: () => ({ extendedTextMessage: { text: 'Olá, 👩‍👩‍👧‍👦!' } }),
    },
    received: {
      draft: () => ({ text: 'Oi, 👩‍👩‍👧‍👦!' }),
      eventType: 'message.received',
      message: () => ({ text: { body: 'Oi, 👩‍👩‍👧‍👦!' } }),
    },
  },
  {
    type: 'text',
    variant: 'link preview',
    sent: {
      body: () => ({ text: { body: `See ${PREVIEW.url}`, linkPreview: PREVIEW } }),
      content: () => ({
        extendedTextMessage: { matchedText: PREVIEW.url, title: 'An offer', description: 'Only today' },
      }),
    },
    received: {
      draft: () => ({
        message: { extendedTextMessage: { text: 'x https://a.b', matchedText: 'https://a.b', title: 'A' } },
      }),
      eventType: 'message.received',
      message: () => ({ text: { body: 'x https://a.b', linkPreview: { url: 'https://a.b', title: 'A' } } }),
    },
  },
  {
    type: 'text',
    variant: 'reply',
    sent: {
      body: ({ theirs }) => ({ text: { body: 'About that' }, replyTo: theirs.id }),
      content: ({ theirs }) => ({
        extendedTextMessage: {
          text: 'About that',
          contextInfo: { stanzaId: theirs.whatsappId, quotedMessage: { conversation: 'to be answered' } },
        },
      }),
    },
    received: {
      draft: ({ own }) => ({ text: 'About yours', quote: own.whatsappId }),
      eventType: 'message.received',
      message: ({ own }) => ({
        text: { body: 'About yours' },
        replyTo: { messageId: own.id, whatsappId: own.whatsappId },
      }),
    },
  },
  {
    type: 'text',
    variant: 'mention',
    sent: {
      body: ({ contact }) => ({ text: { body: `@${contact.slice(1)} look` }, mentions: [contact] }),
      content: ({ contactJid }) => ({ extendedTextMessage: { contextInfo: { mentionedJid: [contactJid] } } }),
    },
    received: {
      draft: ({ contact }) => ({ text: `@${contact.slice(1)} me`, mentions: [contact] }),
      eventType: 'message.received',
      message: ({ contact }) => ({ mentions: [{ phone: contact, kind: 'user' }] }),
    },
  },
  {
    type: 'text',
    variant: 'forwarded',
    sent: {
      body: () => ({ text: { body: 'Passed on' }, forwarded: true }),
      content: () => ({ extendedTextMessage: { text: 'Passed on', contextInfo: { isForwarded: true } } }),
    },
    received: {
      draft: () => ({ message: { extendedTextMessage: { text: 'Passed on', contextInfo: { isForwarded: true } } } }),
      eventType: 'message.received',
      message: () => ({ text: { body: 'Passed on' }, forwarded: true }),
    },
  },
  {
    type: 'location',
    sent: {
      body: () => ({ location: { latitude: -23.5614, longitude: -46.6559, name: 'MASP', address: 'Av. Paulista' } }),
      content: () => ({
        locationMessage: {
          degreesLatitude: -23.5614,
          degreesLongitude: -46.6559,
          name: 'MASP',
          address: 'Av. Paulista',
        },
      }),
    },
    received: {
      draft: () => ({ location: { latitude: 1.5, longitude: 2.5, name: 'There' } }),
      eventType: 'message.received',
      message: () => ({ location: { latitude: 1.5, longitude: 2.5, name: 'There' } }),
    },
  },
  {
    type: 'contacts',
    sent: {
      body: () => ({ contacts: CARDS }),
      content: () => ({ contactMessage: { displayName: 'Ben' } }),
    },
    received: {
      draft: () => ({ contacts: [{ name: 'Ben', phone: '5511966665555' }] }),
      eventType: 'message.received',
      message: () => ({ contacts: [{ name: 'Ben', phones: ['+5511966665555'] }] }),
    },
  },
  {
    type: 'poll',
    sent: {
      body: () => ({ poll: { name: 'Lunch?', options: ['yes', 'no'] } }),
      content: () => ({
        pollCreationMessageV3: { name: 'Lunch?', options: [{ optionName: 'yes' }, { optionName: 'no' }] },
      }),
    },
    received: {
      draft: () => ({ poll: { name: 'When?', options: ['now', 'later'], selectable: 2 } }),
      eventType: 'message.received',
      message: () => ({ poll: { name: 'When?', options: ['now', 'later'], selectableCount: 2 } }),
    },
  },
  {
    type: 'pollVote',
    received: {
      draft: ({ poll }) => ({ vote: { pollId: poll.whatsappId, options: ['a', 'c'] } }),
      eventType: 'poll.voted',
      message: ({ poll }) => ({
        pollVote: { messageId: poll.id, whatsappId: poll.whatsappId, options: ['a', 'c'] },
      }),
    },
  },
  {
    type: 'reaction',
    sent: {
      body: ({ theirs }) => ({ reaction: { messageId: theirs.id, emoji: '👍' } }),
      content: ({ theirs }) => ({ reactionMessage: { text: '👍', key: { id: theirs.whatsappId, fromMe: false } } }),
    },
    received: {
      draft: ({ own }) => ({ reaction: { messageId: own.whatsappId, emoji: '❤️' } }),
      eventType: 'message.reaction',
      message: ({ own }) => ({ reaction: { messageId: own.id, whatsappId: own.whatsappId, emoji: '❤️' } }),
    },
  },
  {
    type: 'reaction',
    variant: 'taken back',
    sent: {
      body: ({ theirs }) => ({ reaction: { messageId: theirs.id, emoji: null } }),
      content: ({ theirs }) => ({ reactionMessage: { key: { id: theirs.whatsappId } } }),
    },
    received: {
      draft: ({ own }) => ({ reaction: { messageId: own.whatsappId, emoji: '' } }),
      eventType: 'message.reaction',
      message: ({ own }) => ({ reaction: { messageId: own.id, emoji: null } }),
    },
  },
  {
    type: 'edit',
    sent: {
      body: ({ own }) => ({ edit: { messageId: own.id, text: { body: 'better' } } }),
      content: ({ own }) => ({
        protocolMessage: {
          type: 'MESSAGE_EDIT',
          key: { id: own.whatsappId, fromMe: true },
          editedMessage: { extendedTextMessage: { text: 'better' } },
        },
      }),
    },
    received: {
      draft: ({ theirs }) => ({ edit: { messageId: theirs.whatsappId, text: 'changed' } }),
      eventType: 'message.edited',
      message: ({ theirs }) => ({
        edit: { messageId: theirs.id, whatsappId: theirs.whatsappId, text: { body: 'changed' } },
      }),
    },
  },
  {
    type: 'delete',
    sent: {
      body: ({ own }) => ({ delete: { messageId: own.id } }),
      content: ({ own }) => ({ protocolMessage: { type: 'REVOKE', key: { id: own.whatsappId, fromMe: true } } }),
    },
    received: {
      draft: ({ theirs }) => ({ revoke: { messageId: theirs.whatsappId } }),
      eventType: 'message.deleted',
      message: ({ theirs }) => ({ delete: { messageId: theirs.id, whatsappId: theirs.whatsappId } }),
    },
  },
]
