import { MessageAnswers } from '../../shared/store/message-answers.ts'
import { Messages } from '../../shared/store/messages.ts'
import { answerPlace, messageContentPlace } from '../../shared/store/places.ts'
import type { Address, MessageRow } from '../../shared/store/rows/message.ts'
import type { SessionContext } from './session-context.ts'

interface Answer {
  readonly type: string
  readonly content: Readonly<Record<string, unknown>>
  readonly from: Address
  /** contact id, or `self` */
  readonly who: string
  readonly at: number
}

interface Part {
  readonly messageId?: string | null
  readonly emoji?: string | null
  readonly options?: readonly string[] | null
  readonly text?: { readonly body: string }
}

/**
 * What a reaction, an edit, a deletion or a vote changes on the message that it is about. Safe to repeat.
 * @returns what the event says besides
 */
export const applyAnswer = async (context: SessionContext, answer: Answer): Promise<Record<string, unknown>> => {
  const { services, scope, sessionId } = context
  const part = (answer.content[answer.type] ?? {}) as Part
  const messageId = part.messageId
  if (!messageId) return {}
  const answers = new MessageAnswers(services.tables, scope, sessionId)
  const put = async (kind: 'reaction' | 'vote', value: unknown): Promise<void> => {
    const { who, at } = answer
    const content = await services.tenantKeys.seal(scope, answerPlace(messageId, who), value)
    await answers.put({ v: 1, messageId, kind, who, at, content })
  }
  switch (answer.type) {
    case 'reaction':
      await put('reaction', { from: answer.from, emoji: part.emoji ?? null })
      return {}
    case 'pollVote':
      if (part.options) await put('vote', { from: answer.from, options: part.options })
      return { poll: { messageId, results: await countVotes(context, messageId) } }
    case 'edit':
      await editText(context, messageId, part.text?.body ?? '', answer.at)
      return {}
    case 'delete':
      await new Messages(services.tables, scope).markDeleted(messageId, answer.at)
      return {}
    default:
      return {}
  }
}

/** The same for what this session sent itself, once WhatsApp has it. */
export const applyOwnAnswer = async (context: SessionContext, row: MessageRow, at: number): Promise<void> => {
  if (!['reaction', 'edit', 'delete'].includes(row.type)) return
  const { services, scope } = context
  const content = await services.tenantKeys.open(scope, messageContentPlace(row.id), row.content)
  await applyAnswer(context, {
    type: row.type,
    content: content as Record<string, unknown>,
    from: row.from,
    who: 'self',
    at: row.sentAt ?? at,
  })
}

/** The caption of a file or the text of a text. */
const editText = async ({ services, scope }: SessionContext, messageId: string, body: string, at: number) => {
  const messages = new Messages(services.tables, scope)
  const row = await messages.get(messageId)
  if (!row || (row.editedAt ?? 0) >= at) return
  const place = messageContentPlace(messageId)
  const content = (await services.tenantKeys.open(scope, place, row.content)) as Record<string, object>
  const changed =
    row.type === 'text'
      ? { ...content, text: { body } }
      : { ...content, [row.type]: { ...content[row.type], caption: body } }
  await messages.edit(messageId, await services.tenantKeys.seal(scope, place, changed), at)
}

/** Votes for each option that anybody chose. */
const countVotes = async ({ services, scope, sessionId }: SessionContext, messageId: string) => {
  const rows = await new MessageAnswers(services.tables, scope, sessionId).list(messageId)
  const counts = new Map<string, number>()
  for (const row of rows) {
    if (row.kind !== 'vote') continue
    const { options } = (await services.tenantKeys.open(scope, answerPlace(messageId, row.who), row.content)) as {
      options: string[]
    }
    for (const option of options) counts.set(option, (counts.get(option) ?? 0) + 1)
  }
  return [...counts].map(([option, votes]) => ({ option, votes }))
}
