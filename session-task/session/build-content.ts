import { CONTENT_LIMITS, isMediaKind } from '../../shared/core/content-limits.ts'
import { messageContentPlace, messageProtoPlace } from '../../shared/store/places.ts'
import type { Address, Failure, MessageRow } from '../../shared/store/rows/message.ts'
import type { WhatsAppConnection } from '../whatsapp/connection.ts'
import type { MessageName, OutboundBody, OutboundContext, QuotedMessage } from '../whatsapp/content/outbound-content.ts'
import { lidOfJid } from './addresses.ts'
import type { BuildInput } from './build-input.ts'
import { buildMedia } from './build-media.ts'
import { FAILURES } from './failures.ts'
import type { SessionContext } from './session-context.ts'

/**
 * The bytes of a message, with everything that only WhatsApp knows filled in: jids of people, members of the group, the
 * chat's timer, uploaded files.
 * @returns the failure that ends the message before anything is sent
 * @throws what the connection and the stores throw: nothing is decided, it is tried again
 */
export const buildContent = async (
  context: SessionContext,
  input: BuildInput,
): Promise<Uint8Array | { readonly failure: Failure }> => {
  const body = await bodyOf(context, input)
  if ('failure' in body) return body
  const surroundings = await contextOf(context, input)
  if ('failure' in surroundings) return surroundings
  return input.connection.encode(body, surroundings)
}

const bodyOf = async (context: SessionContext, input: BuildInput): Promise<OutboundBody | { failure: Failure }> => {
  const { row, content, now } = input
  const part = content[row.type]
  switch (row.type) {
    case 'text':
    case 'location':
    case 'contacts':
    case 'poll':
      return part === undefined
        ? { failure: FAILURES.unsupportedType }
        : ({ type: row.type, [row.type]: part } as unknown as OutboundBody)
    case 'reaction':
    case 'edit':
    case 'delete': {
      const { messageId, emoji, text } = part as AnswerPart
      const target = await input.messages.get(messageId)
      if (!target) return { failure: FAILURES.messageGone }
      const name = nameOf(target, input)
      if (row.type === 'delete') return { type: 'delete', target: name }
      if (row.type === 'reaction') return { type: 'reaction', target: name, emoji: emoji ?? null, at: now() }
      if (now() - (target.sentAt ?? target.createdAt) >= CONTENT_LIMITS.editWindowMs)
        return { failure: FAILURES.editWindowClosed }
      return { type: 'edit', target: name, body: text?.body ?? '', at: now() }
    }
    default:
      return isMediaKind(row.type) ? buildMedia(context, row.type, input) : { failure: FAILURES.unsupportedType }
  }
}

interface AnswerPart {
  readonly messageId: string
  readonly emoji?: string | null
  readonly text?: { readonly body: string }
}

const nameOf = (target: MessageRow, { jid }: BuildInput): MessageName => {
  const isOwn = target.direction === 'outbound'
  return {
    chatJid: jid,
    whatsappId: target.whatsappId,
    isOwn,
    participantJid: target.chat.kind === 'group' && !isOwn ? jidOf(target.from) : null,
  }
}

const jidOf = ({ jid, lid, phone }: Address): string | null =>
  jid ?? lid ?? (phone ? `${phone.slice(1)}@s.whatsapp.net` : null)

const contextOf = async (
  context: SessionContext,
  input: BuildInput,
): Promise<OutboundContext | { failure: Failure }> => {
  const { row, content, connection, jid } = input
  if (['reaction', 'edit', 'delete'].includes(row.type)) return {}
  const group = row.to.kind === 'group' ? await connection.readGroup(jid) : null
  const mentions = (content.mentions ?? []) as readonly Address[]
  const mentionedJids: string[] = []
  for (const person of mentions) {
    const names = await jidsOf(person, connection)
    const member = group?.members.find((one) => names.some((name) => [one.jid, one.lid, one.phoneJid].includes(name)))
    if (group && !member) return { failure: FAILURES.mentionNotInGroup }
    const mentioned = member?.jid ?? names[0]
    if (mentioned) mentionedJids.push(mentioned)
  }
  const replyTo = content.replyTo as { messageId: string } | undefined
  const quoted = replyTo ? await quotedOf(context, input, replyTo.messageId) : null
  return {
    quoted,
    mentionedJids,
    mentionsEveryone: content.mentionsEveryone === true,
    forwarded: content.forwarded === true,
    disappearingSeconds: group ? group.disappearingSeconds : await timerOf(input),
  }
}

/** The timer that people set in a chat of two. A status has its own end. */
const timerOf = async ({ row: { to }, book }: BuildInput): Promise<number> =>
  to.kind === 'user' ? book.timerSecondsOf({ phone: to.phone, lid: to.lid ?? lidOfJid(to.jid) }) : 0

/** Every jid of a person, the one to use first. */
const jidsOf = async ({ phone, lid, jid }: Address, connection: WhatsAppConnection): Promise<string[]> => {
  const given = [jid, lid].filter((name) => name !== null)
  if (!phone) return given
  const resolved = await connection.resolve(phone)
  return [resolved.jid, resolved.phoneJid, ...(resolved.lid ? [resolved.lid] : []), ...given]
}

/** Null when the row is gone: the answer stands without a quote. */
const quotedOf = async (
  { services, scope }: SessionContext,
  { messages, jid, own, row }: BuildInput,
  messageId: string,
): Promise<QuotedMessage | null> => {
  const quoted = await messages.get(messageId)
  if (!quoted) return null
  const isOwn = quoted.direction === 'outbound'
  const ownJid = jid.endsWith('@lid') && own.lid ? own.lid : own.phone && `${own.phone.slice(1)}@s.whatsapp.net`
  const authorJid = (isOwn ? ownJid : jidOf(quoted.from)) ?? jid
  const isHere = (['jid', 'phone', 'lid', 'contactId'] as const).some(
    (name) => quoted.chat[name] !== null && quoted.chat[name] === row.to[name],
  )
  const proto = quoted.proto
    ? await services.tenantKeys.openRaw(scope, messageProtoPlace(quoted.id), quoted.proto)
    : null
  const content = proto ? null : await services.tenantKeys.open(scope, messageContentPlace(quoted.id), quoted.content)
  return {
    whatsappId: quoted.whatsappId,
    authorJid,
    chatJid: isHere ? null : jidOf(quoted.chat),
    proto,
    text: textIn(content),
  }
}

const textIn = (content: unknown): string | null => (content as { text?: { body?: string } } | null)?.text?.body ?? null
