/** What a message may be besides its type, and chats that are no chats of two or groups. */
export type Place = 'two' | 'group' | 'status'

export interface OptionWorld {
  /** uploaded files */
  readonly image: string
  readonly video: string
  readonly voice: string
  readonly document: string
  /** an image of the session in this chat */
  readonly own: { readonly id: string; readonly whatsappId: string }
  /** an image of the contact in this chat */
  readonly theirs: { readonly id: string; readonly whatsappId: string }
}

export interface OptionCase {
  readonly name: string
  readonly type: string
  readonly places: readonly Place[]
  readonly sent: {
    readonly body: (world: OptionWorld) => Record<string, unknown>
    /** of the protobuf that the contact decrypted, as JSON */
    readonly content: (world: OptionWorld) => Record<string, unknown>
  }
  readonly received: {
    readonly draft: (world: OptionWorld) => Record<string, unknown>
    readonly message: (world: OptionWorld) => Record<string, unknown>
  }
}

export const TIMER_SECONDS = 604_800
const CHATS: readonly Place[] = ['two', 'group']
const CARDS = ['Ben', 'Carla'].map((name, index) => ({ name, phones: [`+551196666555${index}`] }))
const seenOnce = (field: string) => ({ viewOnceMessageV2: { message: { [field]: { viewOnce: true } } } })
const onceDraft = (kind: string) => ({ media: { kind, sizeBytes: 500, viewOnce: true } })

export const OPTION_CASES: readonly OptionCase[] = [
  {
    name: 'image, seen once',
    type: 'image',
    places: CHATS,
    sent: {
      body: ({ image }) => ({ image: { mediaId: image, viewOnce: true } }),
      content: () => seenOnce('imageMessage'),
    },
    received: { draft: () => onceDraft('image'), message: () => ({ image: { viewOnce: true } }) },
  },
  {
    name: 'video, seen once',
    type: 'video',
    places: CHATS,
    sent: {
      body: ({ video }) => ({ video: { mediaId: video, viewOnce: true } }),
      content: () => seenOnce('videoMessage'),
    },
    received: { draft: () => onceDraft('video'), message: () => ({ video: { viewOnce: true } }) },
  },
  {
    name: 'voice, heard once',
    type: 'voice',
    places: CHATS,
    sent: {
      body: ({ voice }) => ({ voice: { mediaId: voice, viewOnce: true } }),
      content: () => seenOnce('audioMessage'),
    },
    received: { draft: () => onceDraft('voice'), message: () => ({ voice: { viewOnce: true } }) },
  },
  {
    name: 'document with a caption',
    type: 'document',
    places: CHATS,
    sent: {
      body: ({ document }) => ({ document: { mediaId: document, fileName: 'a.pdf', caption: 'Read' } }),
      content: () => ({
        documentWithCaptionMessage: { message: { documentMessage: { fileName: 'a.pdf', caption: 'Read' } } },
      }),
    },
    received: {
      draft: () => ({ media: { kind: 'document', sizeBytes: 500, fileName: 'b.pdf', caption: 'Read' } }),
      message: () => ({ document: { fileName: 'b.pdf', caption: 'Read' } }),
    },
  },
  {
    name: 'reply to an image',
    type: 'text',
    places: CHATS,
    sent: {
      body: ({ theirs }) => ({ text: { body: 'Nice' }, replyTo: theirs.id }),
      content: ({ theirs }) => ({
        extendedTextMessage: {
          contextInfo: { stanzaId: theirs.whatsappId, quotedMessage: { imageMessage: { caption: 'theirs' } } },
        },
      }),
    },
    received: {
      draft: ({ own }) => ({ text: 'Nice', quote: own.whatsappId }),
      message: ({ own }) => ({ replyTo: { messageId: own.id, whatsappId: own.whatsappId } }),
    },
  },
  {
    name: 'image or place as a reply',
    type: 'image',
    places: CHATS,
    sent: {
      body: ({ image, theirs }) => ({ image: { mediaId: image, caption: 'Look' }, replyTo: theirs.id }),
      content: ({ theirs }) => ({ imageMessage: { caption: 'Look', contextInfo: { stanzaId: theirs.whatsappId } } }),
    },
    received: {
      draft: ({ own }) => ({
        message: {
          locationMessage: { degreesLatitude: 1, degreesLongitude: 2, contextInfo: { stanzaId: own.whatsappId } },
        },
      }),
      message: ({ own }) => ({ type: 'location', replyTo: { messageId: own.id } }),
    },
  },
  {
    name: 'mention of everyone',
    type: 'text',
    places: ['group'],
    sent: {
      body: () => ({ text: { body: '@all' }, mentionsEveryone: true }),
      content: () => ({ extendedTextMessage: { text: '@all', contextInfo: { nonJidMentions: 1 } } }),
    },
    received: {
      draft: () => ({ message: { extendedTextMessage: { text: '@all', contextInfo: { nonJidMentions: 1 } } } }),
      message: () => ({ text: { body: '@all' }, mentionsEveryone: true }),
    },
  },
  {
    name: 'chat whose messages disappear',
    type: 'text',
    places: CHATS,
    sent: {
      body: () => ({ text: { body: 'Not for long' } }),
      content: () => ({ extendedTextMessage: { contextInfo: { expiration: TIMER_SECONDS } } }),
    },
    received: {
      draft: () => ({ message: { extendedTextMessage: { text: 'Same', contextInfo: { expiration: TIMER_SECONDS } } } }),
      message: () => ({ text: { body: 'Same' }, disappearingSeconds: TIMER_SECONDS }),
    },
  },
  {
    name: 'contacts, several',
    type: 'contacts',
    places: CHATS,
    sent: {
      body: () => ({ contacts: CARDS }),
      content: () => ({
        contactsArrayMessage: { contacts: [{ displayName: 'Ben' }, { displayName: 'Carla' }] },
      }),
    },
    received: {
      draft: () => ({ contacts: CARDS.map(({ name, phones }) => ({ name, phone: phones[0] })) }),
      message: () => ({ contacts: CARDS }),
    },
  },
  {
    name: 'poll with any number of choices',
    type: 'poll',
    places: CHATS,
    sent: {
      body: () => ({ poll: { name: 'Which?', options: ['a', 'b', 'c'], selectableCount: 0 } }),
      content: () => ({ pollCreationMessage: { name: 'Which?' } }),
    },
    received: {
      draft: () => ({ poll: { name: 'Which?', options: ['a', 'b'], selectable: 0 } }),
      message: () => ({ poll: { options: ['a', 'b'], selectableCount: 0 } }),
    },
  },
  {
    name: 'status, text',
    type: 'text',
    places: ['status'],
    sent: {
      body: () => ({ text: { body: 'My day' } }),
      content: () => ({ extendedTextMessage: { text: 'My day' } }),
    },
    received: { draft: () => ({ text: 'Their day' }), message: () => ({ text: { body: 'Their day' } }) },
  },
  {
    name: 'status, image',
    type: 'image',
    places: ['status'],
    sent: {
      body: ({ image }) => ({ image: { mediaId: image, caption: 'My day' } }),
      content: () => ({ imageMessage: { caption: 'My day' } }),
    },
    received: {
      draft: () => ({ media: { kind: 'image', sizeBytes: 500, caption: 'Their day' } }),
      message: () => ({ image: { caption: 'Their day' } }),
    },
  },
]
