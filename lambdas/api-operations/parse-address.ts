import { isId } from '../../shared/core/ids.ts'
import type { Target } from '../../shared/core/operation-inputs.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import { parsePhoneNumber } from '../../shared/http/phone-number.ts'
import { validationFault } from '../../shared/http/validate.ts'
import { Contacts } from '../../shared/store/contacts.ts'
import type { Tables } from '../../shared/store/tables.ts'

const USER_SERVERS = ['s.whatsapp.net', 'c.us']
const INVALID = 'Not a valid phone number or chat address'

/** @returns the target, or what is wrong with the text; contact ids are looked up by `parseTarget` */
const targetOf = (text: string): Target | { problem: string } => {
  const at = text.indexOf('@')
  const digits = at === -1 ? text : text.slice(0, at)
  const server = at === -1 ? null : text.slice(at + 1).toLowerCase()
  if (server === 'lid')
    return /^\d{5,20}$/.test(digits) ? { phone: null, lid: `${digits}@lid`, group: null } : { problem: INVALID }
  if (server === 'g.us')
    return /^\d+(-\d+)?$/.test(digits) ? { phone: null, lid: null, group: `${digits}@g.us` } : { problem: INVALID }
  if (server !== null && (!USER_SERVERS.includes(server) || !/^\d+$/.test(digits))) return { problem: INVALID }
  const parsed = parsePhoneNumber(digits)
  return 'phone' in parsed ? { phone: parsed.phone, lid: null, group: null } : { problem: INVALID }
}

/**
 * A chat address as tenants write it.
 * @param path of the field, for the problem
 * @param allowed what may be named here
 * @throws Fault validation_failed
 */
export const parseTarget = async (
  tables: Tables,
  context: TenantContext,
  sessionId: string,
  input: { text: string; path: string; allowed: 'person' | 'chat' },
): Promise<Target> => {
  const text = input.text.trim()
  const target = text.startsWith('con_') ? await targetOfContact(tables, context, sessionId, text) : targetOf(text)
  if ('problem' in target) throw validationFault([{ path: input.path, message: target.problem }])
  if (target.group !== null && input.allowed === 'person')
    throw validationFault([{ path: input.path, message: 'A group; a person is needed here' }])
  return target
}

const targetOfContact = async (
  tables: Tables,
  context: TenantContext,
  sessionId: string,
  contactId: string,
): Promise<Target | { problem: string }> => {
  const contact = isId('con', contactId) ? await new Contacts(tables, context.scope, sessionId).get(contactId) : null
  return contact
    ? { phone: contact.phone, lid: contact.lid, group: null }
    : { problem: 'No contact with this id in this session' }
}

/** Each of a list, without repeats. @throws Fault validation_failed with the first that is wrong */
export const parsePeople = async (
  tables: Tables,
  context: TenantContext,
  sessionId: string,
  texts: readonly string[],
  path: string,
): Promise<Target[]> => {
  const targets = new Map<string, Target>()
  for (const [index, text] of texts.entries()) {
    const input = { text, path: `${path}.${index}`, allowed: 'person' } as const
    const target = await parseTarget(tables, context, sessionId, input)
    targets.set(target.phone ?? target.lid ?? '', target)
  }
  return [...targets.values()]
}
