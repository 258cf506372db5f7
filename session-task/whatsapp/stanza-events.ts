import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, jidDecode } from '@whiskeysockets/baileys'
import type { ConnectionEvents } from './connection.ts'

type ServerAck = Parameters<ConnectionEvents['onServerAck']>[0]
type Receipt = Parameters<ConnectionEvents['onReceipt']>[0]

const timeOf = (stanza: BinaryNode, now: number): number => {
  const seconds = Number(stanza.attrs.t)
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : now
}

/** The server's answer to a message we sent; the library hides it unless it is an error. */
export const parseServerAck = (stanza: BinaryNode, now: number): ServerAck | null => {
  if (!stanza.attrs.id) return null
  const error = stanza.attrs.error
  // an error that is not a number is still an error
  return { whatsappId: stanza.attrs.id, error: error ? Number(error) || 0 : null, at: timeOf(stanza, now) }
}

const kindOf = (type: string | undefined): Receipt['kind'] | null => {
  switch (type) {
    case undefined:
    case '':
      return 'delivered'
    case 'read':
    case 'played':
      return type
    default:
      // sender and read-self speak of our own devices, retry asks for a message again, inactive is dropped by WhatsApp Web
      return null
  }
}

/** @param ownUsers user parts of our own phone number and LID: what our own devices say is no receipt of the peer */
export const parseReceipt = (stanza: BinaryNode, ownUsers: ReadonlySet<string>, now: number): Receipt | null => {
  const kind = kindOf(stanza.attrs.type)
  const from = stanza.attrs.participant || stanza.attrs.from
  if (!kind || !from || !stanza.attrs.id || ownUsers.has(jidDecode(from)?.user ?? '')) return null
  const more = getBinaryNodeChildren(getBinaryNodeChild(stanza, 'list'), 'item').map((item) => item.attrs.id)
  const whatsappIds = [stanza.attrs.id, ...more].filter((id): id is string => Boolean(id))
  return { whatsappIds: [...new Set(whatsappIds)], kind, from, at: timeOf(stanza, now) }
}
