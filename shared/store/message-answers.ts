import * as z from 'zod'
import type { TenantScope } from '../core/tenant-scope.ts'
import { answerPartition, whatsappIdPartition } from './keys.ts'
import { sealedSchema, time } from './rows/fields.ts'
import type { Tables } from './tables.ts'

/** More answers to one message than this are not counted. */
const ANSWERS_MAX = 1_000
const REFERENCES_MAX = 20

const answerRowSchema = z.object({
  v: z.literal(1),
  messageId: z.string(),
  kind: z.enum(['reaction', 'vote']),
  /** contact id, or `self` */
  who: z.string(),
  at: time,
  /** sealed JSON: {from, emoji} or {from, options} */
  content: sealedSchema,
})
export type AnswerRow = z.infer<typeof answerRowSchema>

const referenceRowSchema = z.object({
  v: z.literal(1),
  messageId: z.string(),
  /** contact id of its author, or the jid where there is no contact */
  author: z.string(),
  /** contact id of the chat, or the jid */
  chat: z.string(),
})
export type ReferenceRow = z.infer<typeof referenceRowSchema>

/**
 * What others said about messages of a session: the last reaction of each person and the last vote, one row each, so that
 * nobody waits for anybody; and which inbound message has which WhatsApp id, because reactions and edits name nothing else.
 */
export class MessageAnswers {
  readonly #tables: Tables
  readonly #scope: TenantScope
  readonly #sessionId: string

  constructor(tables: Tables, scope: TenantScope, sessionId: string) {
    this.#tables = tables
    this.#scope = scope
    this.#sessionId = sessionId
  }

  /** The latest wins; an older one that comes late changes nothing. */
  async put(row: AnswerRow): Promise<void> {
    const sk = `${row.messageId}#${row.kind === 'reaction' ? 'R' : 'V'}#${row.who}`
    await this.#tables.messages.put(
      { pk: answerPartition(this.#scope, this.#sessionId), sk, ...row },
      { expression: 'attribute_not_exists(pk) OR #at <= :at', values: { ':at': row.at } },
    )
  }

  async list(messageId: string): Promise<AnswerRow[]> {
    const page = await this.#tables.messages.query({
      key: {
        expression: '#pk = :pk AND begins_with(#sk, :message)',
        values: { ':pk': answerPartition(this.#scope, this.#sessionId), ':message': `${messageId}#` },
      },
      limit: ANSWERS_MAX,
    })
    return page.items.map((item) => answerRowSchema.parse(item))
  }

  /** Safe to repeat. */
  async putReference(whatsappId: string, row: ReferenceRow): Promise<void> {
    await this.#tables.messages.put({
      pk: whatsappIdPartition(this.#scope, this.#sessionId),
      sk: `${whatsappId}#${row.messageId}`,
      ...row,
    })
  }

  /** Inbound messages with this id: of more than one sender, when somebody chose the id of another's. */
  async findReferences(whatsappId: string): Promise<ReferenceRow[]> {
    const page = await this.#tables.messages.query({
      key: {
        expression: '#pk = :pk AND begins_with(#sk, :id)',
        values: { ':pk': whatsappIdPartition(this.#scope, this.#sessionId), ':id': `${whatsappId}#` },
      },
      limit: REFERENCES_MAX,
    })
    return page.items.map((item) => referenceRowSchema.parse(item))
  }
}
