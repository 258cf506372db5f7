import { Problem } from '../problem.ts'
import { memberJid } from '../protocol/groups/describe.ts'
import { findGroup } from '../store/groups.ts'
import { findPhone, type Phone } from '../store/phones.ts'
import type { proto } from '../wire/codec.ts'
import { isMany } from '../wire/jid.ts'
import { asBuffer } from '../wire/stanza.ts'
import type { World } from '../world.ts'

/** A message a phone has seen or sent. `author` is the phone that wrote it. */
export type KnownMessage = { whatsappId: string; plaintext: Buffer; fromMe: boolean; author: Phone }

type InboxRow = { plaintext: Uint8Array; fromPhone: string }

/** Throws a Problem when this phone knows no such message. */
export function requireMessage(world: World, phone: Phone, whatsappId: string): KnownMessage {
  const message = findMessage(world, phone, whatsappId)
  if (!message) throw new Problem(404, 'unknown_message', `+${phone.phone} knows no message ${whatsappId}.`)
  return message
}

export function findMessage({ database }: World, phone: Phone, whatsappId: string): KnownMessage | undefined {
  const sentSql = 'SELECT plaintext FROM sent WHERE phoneId = ? AND whatsappId = ?'
  const sent = database.get<{ plaintext: Uint8Array }>(sentSql, phone.id, whatsappId)
  if (sent) return { whatsappId, plaintext: asBuffer(sent.plaintext), fromMe: true, author: phone }
  const inboxSql = 'SELECT plaintext, fromPhone FROM inbox WHERE phoneId = ? AND whatsappId = ? ORDER BY seq LIMIT 1'
  const row = database.get<InboxRow>(inboxSql, phone.id, whatsappId)
  const author = row && findPhone(database, phone.namespace, row.fromPhone)
  if (!row || !author) return undefined
  return { whatsappId, plaintext: asBuffer(row.plaintext), fromMe: author.id === phone.id, author }
}

/** How `phone` names a message of the chat `chatJid` to others. */
export function keyOf({ database }: World, phone: Phone, chatJid: string, message: KnownMessage): proto.IMessageKey {
  const key = { remoteJid: chatJid, fromMe: message.fromMe, id: message.whatsappId }
  if (!isMany(chatJid)) return key
  const addressing = findGroup(database, phone.namespace, chatJid)?.addressing ?? 'pn'
  return { ...key, participant: memberJid(addressing, message.author) }
}
