import type { Handler } from '../../../shared/http/handler.ts'
import { positionOf, toList } from '../../../shared/http/pages.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { readSpan } from '../../../shared/http/time-span.ts'
import { validationFault } from '../../../shared/http/validate.ts'
import { Contacts } from '../../../shared/store/contacts.ts'
import { MessageLists, positionOfCursor } from '../../../shared/store/message-search.ts'
import { chatKeysOf } from '../chat-keys.ts'
import { openMessage } from '../present.ts'
import type { MessageServices } from '../services.ts'

export const listMessages =
  ({ tables, tenantKeys }: MessageServices): Handler<'listMessages'> =>
  async ({ query }, context) => {
    const { limit, cursor, chat, status, direction } = query
    const sessionId = query.sessionId ?? context.principal.key.sessionId ?? undefined
    const span = readSpan(query, 'query')
    if (chat !== undefined && sessionId === undefined)
      throw validationFault([{ path: 'sessionId', message: 'Required together with chat' }], 'query')
    if (sessionId !== undefined) await requireSession(tables, context, sessionId)
    const filters = { sessionId, chat, status, direction, since: query.since, until: query.until }
    const after = positionOfCursor(positionOf(context, cursor, filters))
    const chats =
      chat === undefined || sessionId === undefined
        ? undefined
        : await chatKeysOf(new Contacts(tables, context.scope, sessionId), sessionId, chat)
    const lists = new MessageLists(tables, context.scope)
    const found = await lists.find({ sessionId, chats, status, direction, ...span }, { limit, after })
    const items = await Promise.all(found.items.map((row) => openMessage(tenantKeys, context, row)))
    const next = found.next === null ? null : { at: found.next }
    return { status: 200, body: toList(context, { items, next }, filters) }
  }
