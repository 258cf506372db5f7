import type { Messages } from '../../shared/store/messages.ts'
import type { MessageRow } from '../../shared/store/rows/message.ts'
import type { WhatsAppConnection } from '../whatsapp/connection.ts'
import type { ContactBook } from './contact-book.ts'

/** The unsealed content of an outbound row, as the API wrote it. */
export type RowContent = Readonly<Record<string, unknown>>

/** What a message is made of, and what has to be asked for it. */
export interface BuildInput {
  readonly row: MessageRow
  readonly content: RowContent
  /** where it goes */
  readonly jid: string
  readonly messages: Messages
  readonly connection: WhatsAppConnection
  readonly book: ContactBook
  readonly own: { readonly phone: string | null; readonly lid: string | null }
  readonly now: () => number
}
