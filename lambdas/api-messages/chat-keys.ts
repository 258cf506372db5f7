import { contactIdOf } from '../../shared/core/ids.ts'
import { parsePhoneNumber } from '../../shared/http/phone-number.ts'
import { validationFault } from '../../shared/http/validate.ts'
import type { Contacts } from '../../shared/store/contacts.ts'

const PHONE_SERVERS = ['s.whatsapp.net', 'c.us']
const OTHER_SERVERS = ['g.us', 'newsletter', 'broadcast']

/**
 * What messages of a chat are filed under. A person has one contact, but messages from before two addresses were known
 * to be one stay filed under the contact of that time.
 * @param chat phone number, jid or contact id as a client writes it
 * @throws Fault validation_failed with path `chat`
 */
export const chatKeysOf = async (contacts: Contacts, sessionId: string, chat: string): Promise<string[]> => {
  const text = chat.trim()
  if (text.startsWith('con_')) return personKeys(contacts, sessionId, text, await contacts.get(text))
  const at = text.indexOf('@')
  const server = at === -1 ? 's.whatsapp.net' : text.slice(at + 1).toLowerCase()
  const user = at === -1 ? text : text.slice(0, at)
  if (OTHER_SERVERS.includes(server) && user !== '') return [`${user}@${server}`]
  if (server === 'lid' && /^[0-9]+$/.test(user)) {
    const lid = `${user}@lid`
    return personKeys(contacts, sessionId, contactIdOf(sessionId, lid), await contacts.ofAddress(lid))
  }
  const parsed = PHONE_SERVERS.includes(server) ? parsePhoneNumber(user) : { problem: '' }
  if (!('phone' in parsed))
    throw validationFault([{ path: 'chat', message: 'Not a valid phone number, jid or contact id' }], 'query')
  const { phone } = parsed
  return personKeys(contacts, sessionId, ofPhone(sessionId, phone), await contacts.ofAddress(phone))
}

const ofPhone = (sessionId: string, phone: string): string => contactIdOf(sessionId, `${phone.slice(1)}@s.whatsapp.net`)

/** The contact that stands, and those it may have been before: as long as they are nobody else. */
const personKeys = async (
  contacts: Contacts,
  sessionId: string,
  named: string,
  standing: Awaited<ReturnType<Contacts['get']>>,
): Promise<string[]> => {
  if (!standing) return [named]
  const { contactId, phone, lid } = standing
  const former = [named, ...(phone ? [ofPhone(sessionId, phone)] : []), ...(lid ? [contactIdOf(sessionId, lid)] : [])]
  const candidates = [...new Set(former)].filter((id) => id !== contactId)
  const owners = await Promise.all(candidates.map((id) => contacts.get(id)))
  return [contactId, ...candidates.filter((_, index) => (owners[index]?.contactId ?? contactId) === contactId)]
}
