import { contactIdOf } from '../../shared/core/ids.ts'
import type { Address } from '../../shared/store/rows/message.ts'

const PHONE_SERVER = '@s.whatsapp.net'
const LID_SERVER = '@lid'

/** The jid without device and agent: 5511…:3@s.whatsapp.net → 5511…@s.whatsapp.net */
export const bareJid = (jid: string): string => {
  const at = jid.indexOf('@')
  return at === -1 ? jid : `${jid.slice(0, at).replace(/[:_].*$/, '')}${jid.slice(at)}`
}

/** E.164, or null when the jid is not a phone's. */
export const phoneOfJid = (jid: string | null | undefined): string | null =>
  jid?.endsWith(PHONE_SERVER) ? `+${bareJid(jid).slice(0, -PHONE_SERVER.length)}` : null

export const lidOfJid = (jid: string | null | undefined): string | null =>
  jid?.endsWith(LID_SERVER) ? bareJid(jid) : null

const kindOf = (jid: string): Address['kind'] => {
  if (jid === 'status@broadcast') return 'status'
  if (jid.endsWith('@g.us')) return 'group'
  if (jid.endsWith('@newsletter')) return 'channel'
  return jid.endsWith(PHONE_SERVER) || jid.endsWith(LID_SERVER) ? 'user' : 'unknown'
}

/** An address from what a stanza said. The contact id follows the phone when it is known, so both addressings meet. */
export const addressOf = (
  sessionId: string,
  jid: string,
  known: { phone: string | null; lid: string | null } = { phone: null, lid: null },
): Address => {
  const bare = bareJid(jid)
  const kind = kindOf(bare)
  if (kind !== 'user') return { contactId: null, phone: null, lid: null, jid: bare, kind }
  const phone = phoneOfJid(bare) ?? known.phone
  const lid = lidOfJid(bare) ?? known.lid
  const first = phone ? `${phone.slice(1)}${PHONE_SERVER}` : bare
  return { contactId: contactIdOf(sessionId, first), phone, lid, jid: bare, kind }
}

/** The session's own account as an address. */
export const ownAddress = (sessionId: string, own: { phone: string | null; lid: string | null }): Address => ({
  contactId: own.phone ? contactIdOf(sessionId, `${own.phone.slice(1)}${PHONE_SERVER}`) : null,
  phone: own.phone,
  lid: own.lid,
  jid: own.phone ? `${own.phone.slice(1)}${PHONE_SERVER}` : own.lid,
  kind: 'user',
})
