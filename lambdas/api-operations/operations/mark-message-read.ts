import { Fault } from '../../../shared/core/fault.ts'
import { chatKeyOf } from '../../../shared/core/message-lists.ts'
import type { ReceivedMessage } from '../../../shared/core/operation-inputs.ts'
import type { Handler, TenantContext } from '../../../shared/http/handler.ts'
import { requireMessage } from '../../../shared/http/require-message.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { Contacts } from '../../../shared/store/contacts.ts'
import { MessageLists } from '../../../shared/store/message-search.ts'
import { personKeys } from '../../../shared/store/person-keys.ts'
import type { MessageRow } from '../../../shared/store/rows/message.ts'
import { runCommand } from '../run-command.ts'
import type { OperationServices } from '../services.ts'

const MESSAGES_MAX = 256
const PAGE_ROWS = 100

export const markMessageRead =
  (services: OperationServices): Handler<'markMessageRead'> =>
  async ({ params, body }, context) => {
    const row = await requireMessage(services.tables, context, params.messageId)
    const session = await requireSession(services.tables, context, row.sessionId)
    if (row.direction !== 'inbound')
      throw new Fault('message_not_received', { detail: 'The session sent this message itself.' })
    if (session.readReceipts === 'never')
      throw new Fault('read_receipts_off', {
        detail: 'readReceipts of the session is never: change it with PATCH /v1/sessions/{id} first.',
      })
    const older = body.upTo ? await unreadBefore(services, context, row) : { rows: [], hasMore: false }
    const answer = await runCommand(services, context, {
      session,
      kind: 'markMessageRead',
      input: { messages: [row, ...older.rows].map(nameOf), hasMore: older.hasMore },
      // What is unread when the request is repeated says nothing of the request.
      asked: { messageId: row.id, upTo: body.upTo },
    })
    // The worker answers with the body of the contract; its own test compares the two.
    return answer as never
  }

const nameOf = (row: MessageRow): ReceivedMessage => ({
  messageId: row.id,
  whatsappId: row.whatsappId,
  chatJid: row.chat.jid ?? row.from.jid ?? '',
  participantJid: row.chat.kind === 'user' ? null : row.from.jid,
})

/** Newest first; what lies behind a whole page of read messages is taken for read. */
const unreadBefore = async (
  { tables }: OperationServices,
  { scope }: TenantContext,
  row: MessageRow,
): Promise<{ rows: MessageRow[]; hasMore: boolean }> => {
  const { contactId } = row.chat
  const contacts = new Contacts(tables, scope, row.sessionId)
  const chats = contactId
    ? await personKeys(contacts, row.sessionId, contactId, await contacts.get(contactId))
    : [chatKeyOf(row.chat) ?? '']
  const lists = new MessageLists(tables, scope)
  const search = { sessionId: row.sessionId, chats, direction: 'inbound', since: 0, until: row.createdAt } as const
  const unread: MessageRow[] = []
  let after: string | undefined
  do {
    const page = await lists.find(search, { limit: PAGE_ROWS, after })
    const found = page.items.filter(({ readAt }) => readAt === null)
    unread.push(...found)
    after = found.length > 0 ? (page.next ?? undefined) : undefined
  } while (after !== undefined && unread.length < MESSAGES_MAX)
  const rows = unread.slice(0, MESSAGES_MAX - 1)
  return { rows, hasMore: rows.length < unread.length || after !== undefined }
}
