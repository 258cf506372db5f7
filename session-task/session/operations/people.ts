import type * as z from 'zod'
import type { Operations } from '../../../shared/contract/operations.ts'
import type { OperationInputs, Target } from '../../../shared/core/operation-inputs.ts'
import type { Address } from '../../../shared/store/rows/message.ts'
import { WhatsAppError } from '../../whatsapp/errors.ts'
import { bareJid, phoneOfJid } from '../addresses.ts'
import { addressOfJid, addressOfTarget, type CommandContext, jidOf } from './command-context.ts'

type ResultOf<Kind extends keyof Operations & keyof OperationInputs> = z.input<Operations[Kind]['responses'][200]>

export const lookupContacts = async (
  context: CommandContext,
  { addresses }: OperationInputs['lookupContacts'],
): Promise<ResultOf<'lookupContacts'>> => {
  const phones = addresses.map(({ target }) => target.phone).filter((phone) => phone !== null)
  const found = phones.length > 0 ? await context.commands.lookup(phones) : new Map()
  const data = []
  for (const { input, target } of addresses) {
    const resolved = target.phone === null ? null : found.get(target.phone)
    if (resolved && !resolved.exists) data.push({ input, onWhatsApp: false, contact: null })
    else if (resolved && target.phone)
      data.push({ input, onWhatsApp: true, contact: await meet(context, target.phone, resolved) })
    else data.push({ input, ...(await lookUpLid(context, target)) })
  }
  return { data }
}

/** The contact behind a number that is on WhatsApp; known by its id from now on. */
const meet = async (
  { book, now }: CommandContext,
  phone: string,
  resolved: { readonly phoneJid: string; readonly lid: string | null; readonly jid: string },
): Promise<Address> => {
  const lid = resolved.lid && bareJid(resolved.lid)
  // A number's other spelling is the same person: what WhatsApp calls it counts.
  const contact = await book.identify({ phone: phoneOfJid(resolved.phoneJid) ?? phone, lid }, now())
  return {
    contactId: contact.contactId,
    phone: contact.phone ?? phone,
    lid: contact.lid,
    jid: bareJid(resolved.jid),
    kind: 'user',
  }
}

/** WhatsApp tells nobody's number: only pairs that were seen before can be told. */
const lookUpLid = async (
  context: CommandContext,
  { lid }: Target,
): Promise<{ onWhatsApp: boolean | null; contact: Address | null }> => {
  if (!lid) return { onWhatsApp: null, contact: null }
  const phoneJid = await context.commands.phoneJidOfLid(lid)
  const known = await addressOfJid(context, lid, { phoneJid, lid })
  if (!known.phone) return { onWhatsApp: null, contact: null }
  const contact = await context.book.identify({ phone: known.phone, lid }, context.now())
  return { onWhatsApp: true, contact: { ...known, contactId: contact.contactId } }
}

export const getContactProfile = async (
  context: CommandContext,
  { target }: OperationInputs['getContactProfile'],
): Promise<ResultOf<'getContactProfile'>> => {
  const jid = await jidOf(context, target)
  const { about, aboutSetAt, pictureUrl } = await context.commands.profile(jid)
  return {
    contact: await addressOfTarget(context, target),
    about,
    aboutSetAt: aboutSetAt === null ? null : new Date(aboutSetAt).toISOString(),
    pictureUrl,
  }
}

export const listBlockedContacts = async (context: CommandContext): Promise<ResultOf<'listBlockedContacts'>> => {
  const blocked = await context.commands.listBlocked()
  return { data: await Promise.all(blocked.map(({ jid, phoneJid }) => addressOfJid(context, jid, { phoneJid }))) }
}

export const setBlocked = async (
  context: CommandContext,
  { target }: OperationInputs['blockContact'],
  isBlocked: boolean,
): Promise<ResultOf<'blockContact'>> => {
  const { commands } = context
  try {
    await commands.setBlocked(target.lid ?? (await jidOf(context, target)), isBlocked)
  } catch (error) {
    const isUnknown = error instanceof WhatsAppError && error.code === 'lid_unknown'
    if (!isUnknown || !target.phone) throw error
    // The pair of number and LID comes with a look-up of the number.
    await commands.lookup([target.phone])
    await commands.setBlocked(`${target.phone.slice(1)}@s.whatsapp.net`, isBlocked)
  }
  return { contact: await addressOfTarget(context, target), blocked: isBlocked }
}
