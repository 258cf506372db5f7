import { isLidUser, isPnUser, jidNormalizedUser, type WASocket } from '@whiskeysockets/baileys'
import { phoneDigits } from './linking.ts'
import { findUserOfNumber } from './repairs/absent-number.ts'
import type { Resolved } from './resolved.ts'
import type { SessionCaches } from './session-caches.ts'

/** somebody who is not on WhatsApp today may be there in a moment */
const ABSENT_TTL_MS = 5 * 60_000

type ResolvingSocket = Pick<WASocket, 'executeUSyncQuery' | 'signalRepository'>

const lidOf = async (
  socket: Pick<ResolvingSocket, 'signalRepository'>,
  phoneJid: string,
  answered: unknown,
): Promise<string | null> => {
  if (typeof answered === 'string' && isLidUser(answered)) {
    const lid = jidNormalizedUser(answered)
    await socket.signalRepository.lidMapping.storeLIDPNMappings([{ lid, pn: phoneJid }])
    return lid
  }
  const known = await socket.signalRepository.lidMapping.getLIDForPN(phoneJid)
  return known ? jidNormalizedUser(known) : null
}

/**
 * Is the number on WhatsApp, and which jid to send to: messages to the phone jid of a contact that has a LID may not
 * show up (baileys-facts §3).
 * @throws WhatsAppError rate_limited, timed_out; a time-out is never "not on WhatsApp"
 */
export const resolvePhone = async (
  socket: ResolvingSocket,
  caches: Pick<SessionCaches, 'resolved' | 'queries'>,
  phone: string,
): Promise<Resolved> => {
  const digits = phoneDigits(phone)
  const cache = caches.resolved
  const cached = cache.get<Resolved>(digits)
  if (cached) return cached
  const user = await caches.queries.spend(() => findUserOfNumber(socket, digits))
  return rememberResolved(socket, cache, digits, user)
}

/** @param user what WhatsApp answered for the number; null: nobody has it */
export const rememberResolved = async (
  socket: Pick<ResolvingSocket, 'signalRepository'>,
  cache: SessionCaches['resolved'],
  digits: string,
  user: { readonly id: string; readonly lid?: unknown } | null,
): Promise<Resolved> => {
  if (!user) {
    const phoneJid = `${digits}@s.whatsapp.net`
    const absent: Resolved = { exists: false, jid: phoneJid, phoneJid, lid: null }
    cache.set(digits, absent, ABSENT_TTL_MS)
    return absent
  }
  // the server may answer with the number's other spelling, for example in Brazil
  const phoneJid = isPnUser(user.id) ? jidNormalizedUser(user.id) : `${digits}@s.whatsapp.net`
  const lid = await lidOf(socket, phoneJid, user.lid)
  const resolved: Resolved = { exists: true, jid: lid ?? phoneJid, phoneJid, lid }
  cache.set(digits, resolved)
  return resolved
}
