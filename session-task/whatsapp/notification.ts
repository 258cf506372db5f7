import type { BinaryNode } from '@whiskeysockets/baileys'
import type { NotificationChild, NotificationStanza } from './connection.ts'

/** Deeper nodes say nothing that a tenant hears of; a hostile stanza must not decide how deep we go. */
const DEPTH_MAX = 4

const utf8 = new TextDecoder('utf-8', { fatal: true })

const textOf = (content: BinaryNode['content']): string | null => {
  if (typeof content === 'string') return content
  if (!(content instanceof Uint8Array)) return null
  try {
    return utf8.decode(content)
  } catch {
    // keys and signatures: bytes that are no text
    return null
  }
}

const describeChildren = (content: BinaryNode['content'], depth: number): NotificationChild[] =>
  Array.isArray(content) && depth < DEPTH_MAX
    ? content.map((child) => ({
        tag: child.tag,
        attributes: { ...child.attrs },
        children: describeChildren(child.content, depth + 1),
        text: textOf(child.content),
      }))
    : []

/** Attributes and texts of a `<notification>`, to be read by a pure function of the session. */
export const describeNotification = ({ attrs, content }: BinaryNode): NotificationStanza => ({
  type: attrs.type ?? '',
  attributes: { ...attrs },
  children: describeChildren(content, 0),
})
