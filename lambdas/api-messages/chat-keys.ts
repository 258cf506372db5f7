import { validationFault } from '../../shared/http/validate.ts'
import type { Contacts } from '../../shared/store/contacts.ts'
import { personKeys } from '../../shared/store/person-keys.ts'
import { parseAddress } from './recipient.ts'

const CHANNEL = /^\d{5,25}@newsletter$/

/**
 * What messages of a chat are filed under.
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
