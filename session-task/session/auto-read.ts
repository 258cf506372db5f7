import { createHash } from 'node:crypto'
import { encodeCrockford } from '../../shared/core/ids.ts'
import type { ReceivedMessage } from '../../shared/core/operation-inputs.ts'
import { OPERATION_KINDS } from '../../shared/core/operation-kinds.ts'
import { sealInput } from '../../shared/crypto/operation-answers.ts'
import { OperationRows } from '../../shared/store/operation-rows.ts'
import type { SequencedRecord } from '../auth-log/records.ts'
import { bareJid } from './addresses.ts'
import type { SessionContext } from './session-context.ts'
import type { Standing } from './standing.ts'

/** A person sees a message; what changes another one is not read by itself. */
const NOT_READ = new Set(['reaction', 'edit', 'delete', 'pollVote', 'undecryptable'])
const PERSON_OR_GROUP = /@(s\.whatsapp\.net|lid|g\.us)$/

/**
 * Read receipts that a session's policy asks for (`onReceive`). They are OPERATION rows, written before their messages
 * count as done: whoever owns the session next finds either the message undone or the operation.
 */
export class AutoRead {
  readonly #context: SessionContext
  readonly #standing: Standing
  readonly #onAccepted: () => void

  constructor(input: { context: SessionContext; standing: Standing; onAccepted: () => void }) {
    this.#context = input.context
    this.#standing = input.standing
    this.#onAccepted = input.onAccepted
  }

  /** Rows of these records stand. Safe to repeat. */
  async accept(records: readonly SequencedRecord[]): Promise<void> {
    if (this.#standing.row?.readReceipts !== 'onReceive') return
    const messages = records.flatMap(readableOf)
    if (messages.length === 0) return
    const { services, scope, sessionId } = this.#context
    const id = operationIdOf(sessionId, messages)
    const now = Date.now()
    const { outcome } = await new OperationRows(services.tables, scope).accept({
      v: 1,
      tenantId: scope.tenantId,
      mode: scope.mode,
      id,
      sessionId,
      kind: 'markMessageRead',
      status: 'pending',
      input: await sealInput(services.tenantKeys, scope, id, { messages: [...messages].reverse(), hasMore: false }),
      result: null,
      failure: null,
      requestHash: id,
      createdAt: now,
      expiresAt: now + OPERATION_KINDS.markMessageRead.expiresAfterSeconds * 1_000,
      startedAt: null,
      completedAt: null,
      epoch: 0,
      claimToken: null,
      attempts: 0,
    })
    if (outcome === 'accepted') this.#onAccepted()
  }
}

const readableOf = (record: SequencedRecord): ReceivedMessage[] => {
  if (record.t !== 'in' || !record.event) return []
  const { type, messageType, messageId, whatsappId, chatJid, senderJid } = record.event
  const chat = bareJid(chatJid)
  if (type !== 'message.received' || NOT_READ.has(messageType) || !PERSON_OR_GROUP.test(chat)) return []
  const participantJid = chat.endsWith('@g.us') ? bareJid(senderJid) : null
  return [{ messageId, whatsappId, chatJid: chat, participantJid }]
}

/** The same messages make the same operation, also when an earlier owner made it already. */
const operationIdOf = (sessionId: string, messages: readonly ReceivedMessage[]): string => {
  const digest = createHash('sha256').update(`read ${sessionId}`)
  for (const { messageId } of messages) digest.update(messageId)
  return `op_${encodeCrockford(digest.digest()).slice(0, 26)}`
}
