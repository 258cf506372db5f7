import type * as z from 'zod'
import type { sendMessageBody } from '../../shared/contract/messages.ts'
import { contactIdOf } from '../../shared/core/ids.ts'
import { parsePhoneNumber } from '../../shared/http/phone-number.ts'
import { validationFault } from '../../shared/http/validate.ts'
import type { Address } from '../../shared/store/rows/message.ts'

const USER_SERVERS = ['s.whatsapp.net', 'c.us']
const NOT_YET: Readonly<Record<string, string>> = {
  'g.us': 'Groups cannot be addressed yet: use a phone number',
  lid: 'LID addresses cannot be addressed yet: use a phone number',
}

/**
 * A chat address as tenants write it. jid and lid stay null until the worker resolved the number: some numbers differ
 * from their jid, so nothing is guessed here.
 * @throws Fault validation_failed with path `to`
 */
export const parseRecipient = (sessionId: string, to: z.output<typeof sendMessageBody>['to']): Address => {
  const text = typeof to === 'string' ? to.trim() : (to.phone ?? to.jid ?? to.contactId ?? to.lid ?? '')
  const parsed = phoneOf(text)
  if ('problem' in parsed)
    throw validationFault([{ path: typeof to === 'string' || !to.phone ? 'to' : 'to.phone', message: parsed.problem }])
  const { phone } = parsed
  return {
    contactId: contactIdOf(sessionId, `${phone.slice(1)}@s.whatsapp.net`),
    phone,
    lid: null,
    jid: null,
    kind: 'user',
  }
}

const phoneOf = (text: string): { phone: string } | { problem: string } => {
  if (text.startsWith('con_')) return { problem: 'Contact ids cannot be addressed yet: use a phone number' }
  const at = text.indexOf('@')
  if (at === -1) {
    const parsed = parsePhoneNumber(text)
    return 'phone' in parsed ? parsed : { problem: 'Not a valid phone number or chat address' }
  }
  const server = text.slice(at + 1).toLowerCase()
  if (NOT_YET[server]) return { problem: NOT_YET[server] }
  if (!USER_SERVERS.includes(server) || !/^[0-9]+$/.test(text.slice(0, at)))
    return { problem: 'Not a valid phone number or chat address' }
  return parsePhoneNumber(text.slice(0, at))
}
