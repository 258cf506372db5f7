import { contactIdOf } from '../../shared/core/ids.ts'
import { validationFault } from '../../shared/http/validate.ts'
import type { Contacts } from '../../shared/store/contacts.ts'
import { parseAddress } from './recipient.ts'

const CHANNEL = /^\d{5,25}@newsletter$/

/**
 * What messages of a chat are filed under. A person has one contact, but messages from before two addresses were known
 * to be one stay filed under the contact of that time.
 * @param chat phone number, jid or contact id as a client writes it
 * @throws Fault validation_failed with path `chat`
 */
export const chatKeysOf = async (contacts: Contacts, sessionId: string, chat: string): Promise<string[]> => {
  const parsed = parseAddress(sessionId, chat)
  if ('contactId' in parsed)
    return personKeys(contacts, sessionId, parsed.contactId, await contacts.get(parsed.contactId))
  const text = chat.trim().toLowerCase()
  if ('problem' in parsed) {
    if (CHANNEL.test(text)) return [text]
    throw validationFault([{ path: 'chat', message: 'Not a valid phone number, jid or contact id' }], 'query')
  }
  const { contactId, phone, lid, jid } = parsed.address
  if (contactId === null) return jid === null ? [] : [jid]
  return personKeys(contacts, sessionId, contactId, await contacts.ofAddress(phone ?? lid ?? ''))
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
