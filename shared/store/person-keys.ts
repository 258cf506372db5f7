import { contactIdOf } from '../core/ids.ts'
import type { Contacts } from './contacts.ts'

/**
 * What messages of a person's chat are filed under: the contact that stands, and those it may have been before two
 * addresses were known to be one, as long as they are nobody else.
 * @param named the contact id by which the person is known to the caller
 */
export const personKeys = async (
  contacts: Contacts,
  sessionId: string,
  named: string,
  standing: Awaited<ReturnType<Contacts['get']>>,
): Promise<string[]> => {
  if (!standing) return [named]
  const { contactId, phone, lid } = standing
  const former = [
    named,
    ...(phone ? [contactIdOf(sessionId, `${phone.slice(1)}@s.whatsapp.net`)] : []),
    ...(lid ? [contactIdOf(sessionId, lid)] : []),
  ]
  const candidates = [...new Set(former)].filter((id) => id !== contactId)
  const owners = await Promise.all(candidates.map((id) => contacts.get(id)))
  return [contactId, ...candidates.filter((_, index) => (owners[index]?.contactId ?? contactId) === contactId)]
}
