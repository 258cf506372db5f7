import { randomInt } from 'node:crypto'
import { proto } from '../wire/codec.ts'

export type Content = { type: string; text: string | null; isOwnCopy: boolean; chatJid?: string }

/** What a decrypted message says. `type` is `text` or the name of the protobuf field that carries the content. */
export function readContent(plaintext: Uint8Array): Content {
  const message = proto.Message.decode(plaintext)
  const sentCopy = message.deviceSentMessage
  const inner = sentCopy?.message ?? message
  const text = inner.conversation || inner.extendedTextMessage?.text || null
  const carriers = Object.keys(inner).filter(
    (key) => key !== 'messageContextInfo' && key !== 'senderKeyDistributionMessage',
  )
  const type = text === null ? (carriers[0] ?? 'empty') : 'text'
  return {
    type,
    text,
    isOwnCopy: Boolean(sentCopy),
    ...(sentCopy?.destinationJid ? { chatJid: sentCopy.destinationJid } : {}),
  }
}

/** Only the fields that are set. */
export function decodeMessage(plaintext: Uint8Array): proto.IMessage {
  return { ...proto.Message.decode(plaintext) }
}

/** What was said, as JSON: bytes in base64, enums by name. A copy of an own message is shown without its envelope. */
export function contentJson(plaintext: Uint8Array): unknown {
  const message = proto.Message.decode(plaintext)
  const inner = message.deviceSentMessage?.message ?? message
  const options = { longs: Number, enums: String, bytes: String }
  const { senderKeyDistributionMessage: _key, ...content } = proto.Message.toObject(
    proto.Message.fromObject(inner),
    options,
  )
  return content
}

/** 1 to 16 bytes, each saying how many there are. */
export function pad(plaintext: Uint8Array): Buffer {
  const length = randomInt(1, 17)
  return Buffer.concat([plaintext, Buffer.alloc(length, length)])
}

export function unpad(padded: Uint8Array): Buffer {
  const length = padded.at(-1) ?? 0
  if (length === 0 || length > padded.length) throw new Error(`padding says ${length} of ${padded.length} bytes`)
  return Buffer.from(padded.subarray(0, -length))
}
