import { CONTENT_LIMITS } from '../../../shared/core/content-limits.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { isId } from '../../../shared/core/ids.ts'
import type { TenantContext } from '../../../shared/http/handler.ts'
import { Messages } from '../../../shared/store/messages.ts'
import type { MessageRow } from '../../../shared/store/rows/message.ts'
import type { MessageServices } from '../services.ts'

/** types that are about another message themselves, or that say nothing */
const NO_TARGETS = ['reaction', 'edit', 'delete', 'pollVote', 'undecryptable']

/** The message of the same session that a request refers to. @throws Fault message_not_found */
export const requireTarget = async (
  { tables }: Pick<MessageServices, 'tables'>,
  context: TenantContext,
  sessionId: string,
  messageId: string,
  param: string,
): Promise<MessageRow> => {
  const row = isId('msg', messageId) ? await new Messages(tables, context.scope).get(messageId) : null
  if (!row || row.sessionId !== sessionId || NO_TARGETS.includes(row.type))
    throw new Fault('message_not_found', {
      detail:
        'This session has no message with this id that one could refer to. Use the id of a message it sent or received.',
      param,
    })
  return row
}

/** Was it ever sent, or will it be? */
const isOnItsWay = ({ status }: MessageRow): boolean => !['scheduled', 'failed', 'canceled'].includes(status)

/** @throws Fault message_not_found */
export const requireReactable = (target: MessageRow): void => {
  if (!isOnItsWay(target) || target.deletedAt !== undefined)
    throw new Fault('message_not_found', {
      detail: 'That message was not sent, or it was deleted: nobody can react to it.',
      param: 'reaction.messageId',
    })
}

/** @throws Fault message_not_editable, edit_window_closed */
export const requireEditable = (target: MessageRow, now: number): void => {
  const refuse = (detail: string) => new Fault('message_not_editable', { detail, param: 'edit.messageId' })
  if (target.direction !== 'outbound') throw refuse('Only messages that the session sent itself can be edited.')
  if (target.type !== 'text') throw refuse('Only texts can be edited: delete the message and send another one.')
  if (!isOnItsWay(target) || target.deletedAt !== undefined)
    throw refuse(`The message is ${target.deletedAt === undefined ? target.status : 'deleted'}: send another one.`)
  if (now - (target.sentAt ?? target.createdAt) >= CONTENT_LIMITS.editWindowMs)
    throw new Fault('edit_window_closed', {
      detail: 'WhatsApp takes edits for 15 minutes after a message was sent. Send a new message instead.',
      param: 'edit.messageId',
    })
}

/** @throws Fault message_not_deletable */
export const requireDeletable = (target: MessageRow): void => {
  const refuse = (detail: string) => new Fault('message_not_deletable', { detail, param: 'delete.messageId' })
  if (target.direction === 'inbound' && target.chat.kind !== 'group')
    throw refuse('Only its sender can delete it for everyone; in groups an admin can, too.')
  if (!isOnItsWay(target)) throw refuse(`The message is ${target.status}: there is nothing to delete.`)
}
