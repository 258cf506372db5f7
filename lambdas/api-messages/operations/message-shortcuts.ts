import { sendMessageBody } from '../../../shared/contract/content/send-body.ts'
import { hashOfRequest } from '../../../shared/core/canonical-json.ts'
import { isSettled } from '../../../shared/core/message-status.ts'
import type { Handler, TenantContext } from '../../../shared/http/handler.ts'
import { requireMessage } from '../../../shared/http/require-message.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import {
  type AcceptedMessage,
  acceptMessage,
  type MessageRequest,
  readRequest,
  repeatedMessage,
  ringOwner,
} from '../accept-message.ts'
import { forwardedMessage } from '../content/forwarded-message.ts'
import { openMessage, showAccepted } from '../present.ts'
import { nameOfRecipient } from '../recipient.ts'
import type { MessageServices } from '../services.ts'

/** Everything about one message, by its address: the same requests that POST /v1/messages takes. */
export const editMessage =
  (services: MessageServices): Handler<'editMessage'> =>
  async ({ params, body: { text, ...common } }, context) =>
    answerTo(services, context, params.messageId, {
      ...common,
      type: 'edit',
      edit: { messageId: params.messageId, text },
    })

export const deleteMessage =
  (services: MessageServices): Handler<'deleteMessage'> =>
  async ({ params }, context) =>
    answerTo(services, context, params.messageId, { type: 'delete', delete: { messageId: params.messageId } })

export const reactToMessage =
  (services: MessageServices): Handler<'reactToMessage'> =>
  async ({ params, body: { emoji, ...common } }, context) =>
    answerTo(services, context, params.messageId, {
      ...common,
      type: 'reaction',
      reaction: { messageId: params.messageId, emoji },
    })

export const removeReaction =
  (services: MessageServices): Handler<'removeReaction'> =>
  async ({ params }, context) =>
    answerTo(services, context, params.messageId, {
      type: 'reaction',
      reaction: { messageId: params.messageId, emoji: null },
    })

export const forwardMessage =
  (services: MessageServices): Handler<'forwardMessage'> =>
  async ({ params, body }, context) => {
    const row = await requireMessage(services.tables, context, params.messageId)
    // The content may have changed since, or be gone: what is asked for is the same request all the same.
    const requestHash = hashOfRequest({
      ...body,
      forward: row.id,
      to: nameOfRecipient(row.sessionId, body.to) ?? body.to,
      sendAt: body.sendAt && Date.parse(body.sendAt),
      expiresAt: body.expiresAt && Date.parse(body.expiresAt),
    })
    const standing = await repeatedMessage(services, context, requestHash)
    if (standing) return accepted(services, context, { row: standing, content: null })
    const message = await openMessage(services.tenantKeys, context, row)
    const request = readRequest(forwardedMessage(row, message, body), context)
    return accept(services, context, { ...request, requestHash })
  }

const answerTo = async (services: MessageServices, context: TenantContext, messageId: string, answer: object) => {
  const { sessionId } = await requireMessage(services.tables, context, messageId)
  return accept(services, context, readRequest(sendMessageBody.parse({ ...answer, sessionId }), context))
}

const accept = async (services: MessageServices, context: TenantContext, request: MessageRequest) => {
  context.note({ messageId: request.messageId })
  const session = await requireSession(services.tables, context, request.body.sessionId)
  const message = await acceptMessage(services, context, session, request)
  if (!isSettled(message.row.status)) await ringOwner(services, context, message.row.sessionId)
  return accepted(services, context, message)
}

const accepted = async ({ tenantKeys }: MessageServices, context: TenantContext, message: AcceptedMessage) => ({
  status: 202 as const,
  body: await showAccepted(tenantKeys, context, message),
  headers: { Location: `/v1/messages/${message.row.id}` },
})
