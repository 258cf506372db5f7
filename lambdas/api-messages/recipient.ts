import type { AddressInput } from '../../shared/contract/content/address.ts'
import { contactIdOf } from '../../shared/core/ids.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { parsePhoneNumber } from '../../shared/http/phone-number.ts'
import { validationFault } from '../../shared/http/validate.ts'
import { Contacts } from '../../shared/store/contacts.ts'
import type { Address } from '../../shared/store/rows/message.ts'
import type { Tables } from '../../shared/store/tables.ts'

const USER_SERVERS = ['s.whatsapp.net', 'c.us']
const INVALID = 'Not a valid phone number or chat address'
/** old groups name their creator: 5511…-1600000000@g.us */
const GROUP = /^\d{5,25}(-\d{5,15})?@g\.us$/
const LID = /^\d{5,20}@lid$/
const CONTACT = /^con_[0-9A-HJKMNP-TV-Z]{26}$/
const STATUS_JID = 'status@broadcast'

type Parsed = { readonly address: Address } | { readonly contactId: string } | { readonly problem: string }

/**
 * A chat or person as tenants write it. The jid of a number stays null until the worker resolved it: some numbers differ
 * from their jid, so nothing is guessed here.
 */
export const parseAddress = (sessionId: string, to: AddressInput): Parsed => {
  const text = (typeof to === 'string' ? to : (to.phone ?? to.jid ?? to.contactId ?? to.lid ?? '')).trim()
  if (CONTACT.test(text)) return { contactId: text }
  const lower = text.toLowerCase()
  if (lower === 'status' || lower === STATUS_JID) return { address: { ...NOBODY, jid: STATUS_JID, kind: 'status' } }
  if (GROUP.test(lower)) return { address: { ...NOBODY, jid: lower, kind: 'group' } }
  if (LID.test(lower))
    return {
      address: { contactId: contactIdOf(sessionId, lower), phone: null, lid: lower, jid: null, kind: 'user' },
    }
  const at = text.indexOf('@')
  if (at !== -1 && (!USER_SERVERS.includes(lower.slice(at + 1)) || !/^[0-9]+$/.test(text.slice(0, at))))
    return { problem: INVALID }
  const parsed = parsePhoneNumber(at === -1 ? text : text.slice(0, at))
  return 'phone' in parsed
    ? { address: phoneAddress(sessionId, parsed.phone) }
    : { problem: at === -1 ? INVALID : parsed.problem }
}

const NOBODY = { contactId: null, phone: null, lid: null } as const

const phoneAddress = (sessionId: string, phone: string): Address => ({
  contactId: contactIdOf(sessionId, `${phone.slice(1)}@s.whatsapp.net`),
  phone,
  lid: null,
  jid: null,
  kind: 'user',
})

/** How a request names a chat, for its hash: the same chat written in two ways is the same request. */
export const nameOfRecipient = (sessionId: string, to: AddressInput): string | null => {
  const parsed = parseAddress(sessionId, to)
  if ('problem' in parsed) return null
  return 'contactId' in parsed ? parsed.contactId : (parsed.address.phone ?? parsed.address.jid ?? parsed.address.lid)
}

/**
 * @param path of the field, for the answer
 * @throws Fault validation_failed
 */
export const resolveAddress = async (
  where: { tables: Tables; scope: TenantScope; sessionId: string },
  to: AddressInput,
  path = 'to',
): Promise<Address> => {
  const field = typeof to === 'string' || !to.phone ? path : `${path}.phone`
  const parsed = parseAddress(where.sessionId, to)
  if ('problem' in parsed) throw validationFault([{ path: field, message: parsed.problem }])
  if ('address' in parsed) return parsed.address
  const contact = await new Contacts(where.tables, where.scope, where.sessionId).get(parsed.contactId)
  if (!contact)
    throw validationFault([{ path: field, message: 'No contact of this session with this id: use a phone number' }])
  const { contactId, phone, lid } = contact
  return { contactId, phone, lid, jid: null, kind: 'user' }
}
