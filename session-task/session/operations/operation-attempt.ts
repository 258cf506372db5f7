import { randomUUID } from 'node:crypto'
import {
  endOfAbandoned,
  isOperationKind,
  isOperationSettled,
  OPERATION_KINDS,
  type OperationEffect,
  type OperationKind,
} from '../../../shared/core/operation-kinds.ts'
import { openInput, sealResult } from '../../../shared/crypto/operation-answers.ts'
import { emitMetrics } from '../../../shared/log/metrics.ts'
import { Messages } from '../../../shared/store/messages.ts'
import type { OperationRows } from '../../../shared/store/operation-rows.ts'
import type { Failure } from '../../../shared/store/rows/message.ts'
import type { OpenOperationRow, OperationRow } from '../../../shared/store/rows/operation.ts'
import { LogLostError, type SessionLog } from '../../auth-log/session-log.ts'
import type { WhatsAppConnection } from '../../whatsapp/connection.ts'
import { ownAddress } from '../addresses.ts'
import { ChatTurns } from '../chat-turns.ts'
import type { ContactBook } from '../contact-book.ts'
import type { SessionContext } from '../session-context.ts'
import type { Standing } from '../standing.ts'
import { carryOut } from './carry-out.ts'
import type { CommandContext } from './command-context.ts'
import { EXPIRED, failureOf, TIMED_OUT, TOO_NEW, UNKNOWN_OUTCOME } from './command-failure.ts'
import { pictureOf } from './picture.ts'

type End =
  | { readonly result: unknown }
  | { readonly failure: Failure; readonly status: 'failed' | 'expired' | 'unknown' }
/** later: the row stays open, a try in a while may end it */
type Outcome = 'ended' | 'later'

/** One try to carry out one operation: claim → ask WhatsApp → end the row. */
export class OperationAttempt {
  readonly #context: SessionContext
  readonly #sessionLog: SessionLog
  readonly #book: ContactBook
  readonly #standing: Standing
  readonly #rows: OperationRows
  readonly #claimToken = randomUUID()
  readonly #turns = new ChatTurns()

  constructor(input: {
    context: SessionContext
    sessionLog: SessionLog
    book: ContactBook
    standing: Standing
    rows: OperationRows
  }) {
    this.#context = input.context
    this.#sessionLog = input.sessionLog
    this.#book = input.book
    this.#standing = input.standing
    this.#rows = input.rows
  }

  /** @throws what the stores throw, and LogLostError: nothing is decided, the row stays open */
  async run(open: OpenOperationRow, connection: WhatsAppConnection, isCurrent: () => boolean): Promise<Outcome> {
    const row = await this.#rows.get(open.operationId)
    if (!row || isOperationSettled(row.status)) {
      await this.#rows.dropOpen(this.#context.sessionId, open.sk)
      return 'ended'
    }
    const turn = turnOf(row.kind)
    if (turn === null) return this.#claimAndRun(row, connection, isCurrent)
    return new Promise((resolve, reject) => {
      this.#turns.join(turn, () => this.#claimAndRun(row, connection, isCurrent).then(resolve, reject))
    })
  }

  async #claimAndRun({ id }: OperationRow, connection: WhatsAppConnection, isCurrent: () => boolean): Promise<Outcome> {
    if (!isCurrent() || !this.#context.services.mayClaim()) return 'later'
    const now = Date.now()
    const claim = await this.#rows.claim(id, { epoch: this.#sessionLog.epoch, claimToken: this.#claimToken, now })
    if (claim.outcome === 'lost') {
      if (!claim.row || isOperationSettled(claim.row.status)) return 'ended'
      // It waited too long.
      if (claim.row.status === 'pending' && claim.row.expiresAt <= now)
        return this.#end(claim.row, { status: 'expired', failure: EXPIRED })
      return 'later'
    }
    const { row, before } = claim
    if (!isOperationKind(row.kind)) return this.#end(row, { status: 'failed', failure: TOO_NEW })
    const { effect } = OPERATION_KINDS[row.kind]
    const isRepeat = before.status === 'running'
    const standing = isRepeat ? this.#standingEnd(row, effect, now) : null
    if (standing) return this.#end(row, standing)
    return this.#carryOut(row, row.kind, connection, isRepeat, isCurrent)
  }

  /** What is known of an operation that somebody before us had in his hands; null: it may be carried out (again). */
  #standingEnd(row: OperationRow, effect: OperationEffect, now: number): End | null {
    if (effect === 'once') {
      const known = this.#sessionLog.state.operationEnd(row.id)
      if (known === null) return { status: 'unknown', failure: UNKNOWN_OUTCOME }
      if (known) return 'result' in known ? known : { status: 'failed', failure: known.failure }
    }
    if (row.expiresAt > now) return null
    const began = effect === 'set'
    const status = endOfAbandoned(effect, began)
    return { status, failure: status === 'unknown' ? UNKNOWN_OUTCOME : EXPIRED }
  }

  async #carryOut(
    row: OperationRow,
    kind: OperationKind,
    connection: WhatsAppConnection,
    isRepeat: boolean,
    isCurrent: () => boolean,
  ): Promise<Outcome> {
    const { effect } = OPERATION_KINDS[kind]
    const { services, scope, sessionId } = this.#context
    const input = await openInput(services.tenantKeys, scope, row.id, row.input)
    let hasBegun = false
    const context: CommandContext = {
      commands: connection.commands,
      connection,
      book: this.#book,
      own: this.#standing.own,
      ownAddress: ownAddress(sessionId, this.#standing.own),
      messages: new Messages(services.tables, scope),
      pictureOf: (picture) => pictureOf(this.#context, picture),
      sessionId,
      now: Date.now,
      isRepeat,
      begin: () => {
        // In the log before the frame is made: the gate holds the frame until the record is durable.
        hasBegun = true
        this.#sessionLog.append([{ t: 'op', operationId: row.id, end: null }])
      },
    }
    const startedAt = performance.now()
    let end: End
    try {
      end = { result: await carryOut(context, kind, input) }
    } catch (error) {
      if (error instanceof LogLostError) throw error
      const failure = failureOf(error)
      const mayHaveHappened = effect === 'once' ? hasBegun : effect === 'set'
      if (failure === null) {
        if (!hasBegun) throw error
        this.#context.log.error({ operationId: row.id, kind, error: String(error) }, 'an operation ended in the dark')
        end = { status: 'unknown', failure: UNKNOWN_OUTCOME }
      } else if (failure !== 'noAnswer') end = { status: 'failed', failure }
      else if (mayHaveHappened && (effect === 'once' || (connection.isOpen && isCurrent())))
        end = { status: 'unknown', failure: UNKNOWN_OUTCOME }
      // The connection is gone: a value can be set, and a question asked, over the next one.
      else if (!connection.isOpen || !isCurrent()) return 'later'
      else end = { status: 'failed', failure: TIMED_OUT }
    }
    emitMetrics(
      { operation_latency_ms: [performance.now() - startedAt, 'Milliseconds'], operation_count: [1, 'Count'] },
      { mode: scope.mode },
    )
    if (hasBegun && 'result' in end) await this.#journalEnd(row.id, { result: end.result })
    else if (hasBegun && 'failure' in end && end.status === 'failed')
      await this.#journalEnd(row.id, { failure: end.failure })
    return this.#end(row, end)
  }

  async #journalEnd(operationId: string, end: { result: unknown } | { failure: Failure }): Promise<void> {
    await this.#sessionLog.durable(this.#sessionLog.append([{ t: 'op', operationId, end }]))
  }

  async #end(row: OperationRow, end: End): Promise<Outcome> {
    const { services, scope } = this.#context
    await this.#rows.end(row, {
      status: 'result' in end ? 'succeeded' : end.status,
      result: 'result' in end ? await sealResult(services.tenantKeys, scope, row.id, end.result) : null,
      failure: 'result' in end ? null : end.failure,
      at: Date.now(),
    })
    return 'ended'
  }
}

/** What changes something waits its turn, in the order of the requests; typing and reading do not wait for a group. */
const turnOf = (kind: string): string | null => {
  if (!isOperationKind(kind) || OPERATION_KINDS[kind].effect === 'read') return null
  if (kind === 'markMessageRead') return 'reading'
  return kind === 'sendPresence' || kind === 'subscribePresence' ? 'presence' : 'changes'
}
