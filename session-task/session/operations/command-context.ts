import type { PictureInput, Target } from '../../../shared/core/operation-inputs.ts'
import type { Messages } from '../../../shared/store/messages.ts'
import type { Address } from '../../../shared/store/rows/message.ts'
import type { WhatsAppCommands } from '../../whatsapp/commands/types.ts'
import type { WhatsAppConnection } from '../../whatsapp/connection.ts'
import { bareJid, lidOfJid, phoneOfJid } from '../addresses.ts'
import type { ContactBook } from '../contact-book.ts'
import { CommandFailure, notOnWhatsApp } from './command-failure.ts'

/** What carrying out one command needs. */
export interface CommandContext {
  readonly commands: WhatsAppCommands
  readonly connection: Pick<WhatsAppConnection, 'resolve'>
  readonly book: ContactBook
  readonly own: { readonly phone: string | null; readonly lid: string | null }
  readonly ownAddress: Address
  readonly messages: Messages
  /** @throws CommandFailure when it cannot be made */
  readonly pictureOf: (picture: PictureInput) => Promise<Uint8Array>
  readonly sessionId: string
  /** epoch milliseconds */
  readonly now: () => number
  /** Called once, in the same run as the question that must not be asked twice, before it. */
  readonly begin: () => void
  /** somebody else carried it out before us, perhaps to its end */
  readonly isRepeat: boolean
}

/** The jid to write to. @throws CommandFailure recipient_not_on_whatsapp */
export const jidOf = async ({ connection }: CommandContext, target: Target): Promise<string> => {
  if (target.group) return target.group
  if (target.lid) return target.lid
  if (!target.phone) throw new CommandFailure('whatsapp_rejected', 'The address names nobody.')
  const resolved = await connection.resolve(target.phone)
  if (!resolved.exists) throw notOnWhatsApp()
  return resolved.jid
}

/** The address of a jid that WhatsApp named, with what else it said of the person. */
export const addressOfJid = (
  { book }: CommandContext,
  jid: string,
  more: { readonly phoneJid?: string | null; readonly lid?: string | null } = {},
): Promise<Address> =>
  book.addressOf(bareJid(jid), { phone: phoneOfJid(more.phoneJid ?? jid), lid: lidOfJid(more.lid ?? jid) })

/** The address of whom the request named. */
export const addressOfTarget = (context: CommandContext, { phone, lid, group }: Target): Promise<Address> =>
  context.book.addressOf(group ?? lid ?? `${(phone ?? '').replace(/^\+/, '')}@s.whatsapp.net`, { phone, lid })
