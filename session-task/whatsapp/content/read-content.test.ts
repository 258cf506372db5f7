import { proto } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { encodeContent } from './encode-content.ts'
import type { OutboundBody } from './outbound-content.ts'
import { readContent } from './read-content.ts'

const asJson = (bytes: Uint8Array) =>
  proto.Message.toObject(proto.Message.decode(bytes), { longs: String, bytes: String, enums: String })
const read = (message: Record<string, unknown>) => readContent(message)
const KEY = { remoteJid: '5511900000001@s.whatsapp.net', id: 'A1', fromMe: false }
const FILE = { url: 'https://x', mimetype: 'image/jpeg', fileLength: '7', fileSha256: '/w==' }

describe('what a message says', () => {
  it.each([
    ['plain text', { conversation: 'Hi' }, 'text', { text: { body: 'Hi' } }],
    ['extended text', { extendedTextMessage: { text: 'Hi' } }, 'text', { text: { body: 'Hi' } }],
    [
      'a sender key that comes with a text',
      { senderKeyDistributionMessage: {}, conversation: 'Hi' },
      'text',
      { text: { body: 'Hi' } },
    ],
    [
      'a text that disappears',
      { ephemeralMessage: { message: { extendedTextMessage: { text: 'Hi', contextInfo: { expiration: 86400 } } } } },
      'text',
      { text: { body: 'Hi' }, disappearingSeconds: 86400 },
    ],
    [
      'a forwarded text',
      { extendedTextMessage: { text: 'Hi', contextInfo: { isForwarded: true } } },
      'text',
      { text: { body: 'Hi' }, forwarded: true },
    ],
    [
      'an image',
      { imageMessage: { ...FILE, caption: 'Look' } },
      'image',
      { image: { mimetype: 'image/jpeg', sizeBytes: 7, sha256: 'ff', caption: 'Look' } },
    ],
    [
      'an image to see once',
      { viewOnceMessageV2: { message: { imageMessage: FILE } } },
      'image',
      { image: { mimetype: 'image/jpeg', sizeBytes: 7, sha256: 'ff', viewOnce: true } },
    ],
    [
      'a voice note',
      { audioMessage: { ...FILE, ptt: true, seconds: 3, waveform: 'AGT/' } },
      'voice',
      { voice: { mimetype: 'image/jpeg', sizeBytes: 7, sha256: 'ff', seconds: 3, waveform: [0, 100, 100] } },
    ],
    ['a song', { audioMessage: FILE }, 'audio', { audio: { mimetype: 'image/jpeg', sizeBytes: 7, sha256: 'ff' } }],
    [
      'a document with a caption',
      { documentWithCaptionMessage: { message: { documentMessage: { ...FILE, fileName: 'a.pdf', caption: 'c' } } } },
      'document',
      { document: { mimetype: 'image/jpeg', sizeBytes: 7, sha256: 'ff', fileName: 'a.pdf', caption: 'c' } },
    ],
    [
      'a live location',
      { liveLocationMessage: { degreesLatitude: 1.5, degreesLongitude: -2 } },
      'location',
      { location: { latitude: 1.5, longitude: -2, name: null, address: null } },
    ],
    [
      'a reaction',
      { reactionMessage: { key: KEY, text: '👍' } },
      'reaction',
      { reaction: { whatsappId: 'A1', emoji: '👍' } },
    ],
    [
      'a reaction taken back',
      { reactionMessage: { key: KEY, text: '' } },
      'reaction',
      { reaction: { whatsappId: 'A1', emoji: null } },
    ],
    [
      'an edit',
      { protocolMessage: { type: 'MESSAGE_EDIT', key: KEY, editedMessage: { conversation: 'New' } } },
      'edit',
      { edit: { whatsappId: 'A1', text: { body: 'New' } } },
    ],
    [
      'an edit in its wrapper',
      {
        editedMessage: {
          message: {
            protocolMessage: {
              type: 'MESSAGE_EDIT',
              key: KEY,
              editedMessage: { extendedTextMessage: { text: 'New' } },
            },
          },
        },
      },
      'edit',
      { edit: { whatsappId: 'A1', text: { body: 'New' } } },
    ],
    ['a deletion', { protocolMessage: { type: 'REVOKE', key: KEY } }, 'delete', { delete: { whatsappId: 'A1' } }],
    [
      'what nobody here knows',
      { orderMessage: { orderId: '1' } },
      'unsupported',
      { unsupported: { kind: 'orderMessage' } },
    ],
  ])('%s', (_name, message, type, part) => {
    expect(read(message)).toMatchObject({ type, part })
    expect(read(message)?.part).toEqual(part)
  })

  it.each([
    ['history sync', { protocolMessage: { type: 'HISTORY_SYNC_NOTIFICATION' } }],
    ['a deletion of nothing', { protocolMessage: { type: 'REVOKE' } }],
    ['a sender key alone', { senderKeyDistributionMessage: {}, messageContextInfo: {} }],
    ['an empty text', { conversation: '' }],
    ['nothing', {}],
  ])('%s says nothing', (_name, message) => {
    expect(read(message)).toBeNull()
  })

  it('strange shapes are not followed: nesting without end, lists and texts where objects belong', () => {
    let message: Record<string, unknown> = { conversation: 'deep' }
    for (let depth = 0; depth < 50; depth++) message = { ephemeralMessage: { message } }
    expect(read(message)?.type).toBe('unsupported')
    for (const hostile of [
      { imageMessage: 'x' },
      { reactionMessage: { key: { id: 5 } } },
      { pollCreationMessage: { options: 'x' } },
      { contactsArrayMessage: { contacts: [null, 1] } },
    ])
      expect(() => read(hostile)).not.toThrow()
  })
})

describe('what is sent and what is received are one shape', () => {
  const media = { mimetype: 'image/jpeg', caption: 'Look', seconds: 3, width: 4, height: 5 }
  const file = {
    url: 'https://mmg.whatsapp.net/x',
    directPath: '/x',
    mediaKey: Buffer.alloc(32, 1),
    fileSha256: Buffer.alloc(32, 2),
    fileEncSha256: Buffer.alloc(32, 3),
    fileLength: 7,
    mediaKeyTimestamp: 5,
  }
  const preview = { url: 'https://example.com', title: 'Example', description: 'An example', thumbnail: '/9j/' }
  const bodies: readonly OutboundBody[] = [
    { type: 'text', text: { body: 'see https://example.com', linkPreview: preview } },
    { type: 'location', location: { latitude: -23.5, longitude: -46.6, name: 'Here', address: 'Street 1' } },
    { type: 'poll', poll: { name: 'Lunch?', options: ['yes', 'no'], selectableCount: 1 } },
    { type: 'poll', poll: { name: 'Which?', options: ['a', 'b', 'c'], selectableCount: 0 } },
  ]

  it.each(bodies.map((body) => [body.type, body] as const))('%s', (type, body) => {
    expect(readContent(asJson(encodeContent(body)))).toMatchObject({ type, part: { [type]: (body as never)[type] } })
  })

  it.each(['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const)('%s', (type) => {
    const content = readContent(asJson(encodeContent({ type, media, file })))
    expect(content).toMatchObject({
      type,
      part: { [type]: { mimetype: 'image/jpeg', sizeBytes: 7, sha256: '02'.repeat(32) } },
    })
  })

  it('contact cards, one and many, with everything that needs escaping', () => {
    const ana = { name: 'Ana; "Souza", \\x', phones: ['+5511977776666'], organization: 'A, B', emails: ['a@b.c'] }
    for (const contacts of [[ana], [ana, { ...ana, name: 'Ben' }]])
      expect(readContent(asJson(encodeContent({ type: 'contacts', contacts })))?.part).toMatchObject({ contacts })
  })

  it('the same content is never the same bytes twice: its secret is new', () => {
    const poll = bodies[2]!
    expect(Buffer.compare(encodeContent(poll), encodeContent(poll))).not.toBe(0)
  })

  it('a quote, mentions, the forward mark and the timer', () => {
    const context = {
      quoted: { whatsappId: 'Q1', authorJid: '1@lid', chatJid: null, proto: encodeContent(bodies[0]!), text: null },
      mentionedJids: ['2@lid'],
      mentionsEveryone: true,
      forwarded: true,
      disappearingSeconds: 60,
    }
    const message = asJson(encodeContent({ type: 'text', text: { body: 'x' } }, context))
    expect(readContent(message)).toMatchObject({
      quotedId: 'Q1',
      mentionedJids: ['2@lid'],
      part: { forwarded: true, mentionsEveryone: true, disappearingSeconds: 60 },
    })
    const { quotedMessage } = message.extendedTextMessage.contextInfo
    expect(quotedMessage.messageContextInfo).toBeUndefined()
    expect(quotedMessage.extendedTextMessage.text).toContain('example.com')
  })
})
