import { eventIdOf } from '../../shared/core/ids.ts'
import { isSettled, type OutboundStatus, rankOf } from '../../shared/core/message-status.ts'
import type { SessionReason, SessionStatus } from '../../shared/core/session-status.ts'
import type { Failure } from '../../shared/store/rows/message.ts'
import type { LogRecord, Sequenced, StatusRecord } from '../auth-log/records.ts'
import type { SessionLog } from '../auth-log/session-log.ts'

/**
 * Appends the sequenced records of a session. Every method is synchronous: the sequence is taken and used in one run.
 * @throws LogLostError
 */
export class Journal {
  readonly #log: SessionLog
  readonly #onAppended: () => void

  constructor(log: SessionLog, onAppended: () => void) {
    this.#log = log
    this.#onAppended = onAppended
  }

  /** What the server or the peer said. A state that is not above what is known says nothing new. */
  status(messageId: string, status: StatusRecord['status']): void {
    const known = this.#log.state.out(messageId)
    if (!known || !isAbove(status, known.settled)) return
    this.#append((sequenced) => [{ t: 'status', messageId, status, after: known.settled, ...sequenced }])
  }

  fail(messageId: string, failure: Failure): void {
    const after = this.#log.state.out(messageId)?.settled ?? null
    if (isAbove('failed', after)) this.#append((sequenced) => [{ t: 'fail', messageId, failure, after, ...sequenced }])
  }

  unknown(messageId: string, failure: Failure): void {
    const after = this.#log.state.out(messageId)?.settled ?? null
    if (isAbove('unknown', after))
      this.#append((sequenced) => [{ t: 'unknown', messageId, failure, after, ...sequenced }])
  }

  /** Something that is no message and no state of the session; the same identity is told once (the caller asks first). */
  note(eventType: string, identityHash: string, data: Readonly<Record<string, unknown>>): void {
    this.#append((sequenced) => [{ t: 'note', eventType, identityHash, data, ...sequenced }])
  }

  /** @param more records of the same append, e.g. the end of the credentials */
  state(
    change: {
      from: SessionStatus
      to: SessionStatus
      reason: SessionReason | null
      eventType: string
      facts: Readonly<Record<string, string | null>>
    },
    more: readonly LogRecord[] = [],
  ): void {
    this.#append((sequenced) => [{ t: 'state', ...change, ...sequenced }, ...more])
  }

  #append(make: (sequenced: Sequenced) => LogRecord[]): void {
    const at = Date.now()
    const sequence = this.#log.takeSequence()
    this.#log.append(make({ sequence, eventId: eventIdOf(this.#log.sessionId, sequence, at), at }))
    this.#onAppended()
  }
}

const isAbove = (to: OutboundStatus, known: OutboundStatus | null): boolean =>
  known === null || !isSettled(known) || rankOf(to) > rankOf(known)
