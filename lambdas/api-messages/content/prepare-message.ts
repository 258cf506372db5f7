import type { AddressInput } from '../../../shared/contract/content/address.ts'
import type { SendMessageBody } from '../../../shared/contract/content/send-body.ts'
import { assertNever } from '../../../shared/core/assert-never.ts'
import type { TenantContext } from '../../../shared/http/handler.ts'
import { validationFault } from '../../../shared/http/validate.ts'
import type { Address } from '../../../shared/store/rows/message.ts'
import { resolveAddress } from '../recipient.ts'
import type { MessageServices } from '../services.ts'
import { type MediaPart, prepareMedia } from './prepare-media.ts'
import { requireDeletable, requireEditable, requireReactable, requireTarget } from './target-message.ts'

export interface PreparedMessage {
  readonly to: Address
  readonly type: SendMessageBody['type']
  /** what is sealed on the row: the type's own part and the options, in the shape of answers */
  readonly content: Readonly<Record<string, unknown>>
}

/**
 * What a request becomes on the row, with everything checked that can be known without WhatsApp.
 * @throws Fault validation_failed, message_not_found, message_not_editable, message_not_deletable, edit_window_closed, media_*
 */
export const prepareMessage = async (
  services: MessageServices,
  context: TenantContext,
  body: SendMessageBody,
  messageId: string,
): Promise<PreparedMessage> => {
  switch (body.type) {
    case 'reaction':
    case 'edit':
    case 'delete':
      return prepareAnswer(services, context, body)
    case 'text':
    case 'location':
    case 'contacts':
    case 'poll':
      return prepareChatMessage(services, context, body, partOf(body))
    case 'image':
    case 'video':
    case 'audio':
    case 'voice':
    case 'document':
    case 'sticker':
      return prepareChatMessage(services, context, body, {
        [body.type]: await prepareMedia(services, context, {
          kind: body.type,
          part: partOf(body)[body.type] as MediaPart,
          sessionId: body.sessionId,
          messageId,
        }),
      })
    default:
      return assertNever(body)
  }
}

type ChatBody = Exclude<SendMessageBody, { type: 'reaction' | 'edit' | 'delete' }>
type AnswerBody = Extract<SendMessageBody, { type: 'reaction' | 'edit' | 'delete' }>

/** The type's own part, without what only answers have. */
const partOf = (body: SendMessageBody): Record<string, unknown> => {
  const part = (body as Readonly<Record<string, unknown>>)[body.type]
  if (body.type !== 'poll') return { [body.type]: part }
  const { results: _results, ...poll } = body.poll
  return { poll }
}

const prepareChatMessage = async (
  services: MessageServices,
  context: TenantContext,
  body: ChatBody,
  part: Record<string, unknown>,
): Promise<PreparedMessage> => {
  const where = { tables: services.tables, scope: context.scope, sessionId: body.sessionId }
  const addresses = (list: readonly AddressInput[], name: string) =>
    Promise.all(list.map((one, index) => resolveAddress(where, one, `${name}.${index}`)))
  const to = await resolveAddress(where, body.to)
  const audience = 'audience' in body ? (body.audience ?? null) : null
  if (to.kind === 'status') {
    const names = ['text', 'image', 'video', 'voice']
    if (!names.includes(body.type))
      throw validationFault([{ path: 'type', message: `A status is one of ${names.join(', ')}` }])
    if (!audience) throw validationFault([{ path: 'audience', message: 'Required with to: "status"' }])
  } else if (audience) throw validationFault([{ path: 'audience', message: 'Only a status has an audience' }])
  if (body.mentionsEveryone && to.kind !== 'group')
    throw validationFault([{ path: 'mentionsEveryone', message: 'Only a group has members' }])
  const replyTo = body.replyTo
    ? await requireTarget(services, context, body.sessionId, referenceOf(body.replyTo), 'replyTo')
    : null
  return {
    to,
    type: body.type,
    content: {
      ...part,
      ...(replyTo ? { replyTo: { messageId: replyTo.id, whatsappId: replyTo.whatsappId } } : {}),
      ...(body.mentions?.length ? { mentions: await addresses(body.mentions, 'mentions') } : {}),
      ...(body.mentionsEveryone ? { mentionsEveryone: true } : {}),
      ...(body.forwarded ? { forwarded: true } : {}),
      ...(audience ? { audience: await addresses(audience, 'audience') } : {}),
    },
  }
}

const referenceOf = (reply: string | { messageId: string }): string =>
  typeof reply === 'string' ? reply : reply.messageId

/** Goes to the chat of the message that it is about. */
const prepareAnswer = async (
  services: MessageServices,
  context: TenantContext,
  body: AnswerBody,
): Promise<PreparedMessage> => {
  const part = (body as unknown as Record<string, { messageId: string }>)[body.type]
  const path = `${body.type}.messageId`
  const target = await requireTarget(services, context, body.sessionId, part?.messageId ?? '', path)
  if (body.to !== undefined) {
    const to = await resolveAddress(
      { tables: services.tables, scope: context.scope, sessionId: body.sessionId },
      body.to,
    )
    const isSame = (['phone', 'lid', 'jid', 'contactId'] as const).some(
      (name) => to[name] !== null && to[name] === target.chat[name],
    )
    if (!isSame) throw validationFault([{ path: 'to', message: 'Not the chat of that message; leave it out' }])
  }
  const reference = { messageId: target.id, whatsappId: target.whatsappId }
  const base = { to: target.chat, type: body.type }
  switch (body.type) {
    case 'reaction':
      requireReactable(target)
      return { ...base, content: { reaction: { ...reference, emoji: body.reaction.emoji || null } } }
    case 'edit':
      requireEditable(target, Math.max(context.now, body.sendAt ? Date.parse(body.sendAt) : 0))
      return { ...base, content: { edit: { ...reference, text: body.edit.text } } }
    case 'delete':
      requireDeletable(target)
      return { ...base, content: { delete: reference } }
    default:
      return assertNever(body)
  }
}
