import { findPhone, findPhoneByLid, type Phone, upsertPhone } from '../store/phones.ts'
import { readSettings } from '../store/settings.ts'
import type { Jid } from '../wire/jid.ts'
import type { World } from '../world.ts'

const PHONE_NUMBER = /^[1-9]\d{6,14}$/

/** The phone behind a PN or LID address in this namespace; undefined if there is none or it is not on WhatsApp. */
export function findAddressee({ database }: World, namespace: string, jid: Jid): Phone | undefined {
  const phone =
    jid.server === 'lid' ? findPhoneByLid(database, namespace, jid.user) : findPhone(database, namespace, jid.user)
  return phone?.onWhatsApp ? phone : undefined
}

/** Like findAddressee, but an unknown number becomes a contact if the namespace has `autoContacts` on. */
export function findOrCreateAddressee(world: World, namespace: string, jid: Jid): Phone | undefined {
  const { database } = world
  if (jid.server === 's.whatsapp.net' && PHONE_NUMBER.test(jid.user) && !findPhone(database, namespace, jid.user)) {
    if (!readSettings(database, namespace).autoContacts) return undefined
    return upsertPhone(database, namespace, jid.user, {})
  }
  return findAddressee(world, namespace, jid)
}
