import type { InboundRecord, LogRecord, OperationRecord, SequencedRecord, UndecryptedRecord } from './records.ts'

/** Why a log can no longer be written. `fenced`: another owner opened it. `storage`: S3 was away for too long. */
export type LogLoss = 'fenced' | 'storage'

export class LogLostError extends Error {
  readonly loss: LogLoss
  constructor(loss: LogLoss, options?: ErrorOptions) {
    super(`the session log is lost: ${loss}`, options)
    this.name = 'LogLostError'
    this.loss = loss
  }
}

/** What became of an outbound message, as far as the log knows. Kept until settled, then 14 days for late receipts. */
export interface OutState {
  readonly whatsappId: string
  /** frames that left or may have left */
  readonly frames: number
  readonly settled: 'sent' | 'delivered' | 'read' | 'played' | 'failed' | 'unknown' | null
  readonly at: number
}

/** A message whose content is missing. Forgotten with its content, or after 14 days. */
export interface UndecryptedState extends Pick<UndecryptedRecord, 'at' | 'messageKey' | 'attributes' | 'reason'> {
  /** the row that the tenant saw as undecryptable; content that comes later belongs to it */
  readonly messageId: string | null
}

/** The folded state: the result of all records appended so far, durable or not. Only `append` changes it. */
export interface LogState {
  readonly creds: unknown | null
  /** credentials of earlier linked devices, oldest first; kept 30 days after their end, never used by the worker */
  archivedCreds(): readonly { readonly at: number; readonly creds: unknown }[]
  key(type: string, id: string): unknown | undefined
  readonly nextSequence: number
  readonly doneUpTo: number
  /** sequenced records whose rows may not be written yet, oldest first */
  undone(): readonly SequencedRecord[]
  /** how many they are, and what their contents take: cheap, for limits */
  readonly undoneCount: number
  undoneBytes(): number
  /** what all of it takes in memory, give or take a third; walks over every key */
  approximateBytes(): number
  /** rows that an earlier owner, or this one, was about to write and did not finish; null when none */
  readonly mark: { readonly from: number; readonly upTo: number } | null
  /** how often the row of this sequence alone was tried */
  triesOf(sequence: number): number
  out(messageId: string): OutState | undefined
  /** message id of a WhatsApp id that we sent (14 days) */
  messageIdOf(whatsappId: string): string | undefined
  /** an earlier delivery of the same ciphertext; plaintext only until it is done */
  inboundByCiphertext(ciphertextHash: string): InboundRecord | { readonly plaintext: null } | undefined
  /** messages whose content is missing, oldest first */
  undecrypted(): readonly UndecryptedState[]
  undecryptedOf(messageKey: string): UndecryptedState | undefined
  /** inbound stanzas that the library had not finished, oldest first */
  unfinished(): readonly InboundRecord[]
  /** a command that began: how it ended, null while nobody knows; undefined: it never began (14 days) */
  operationEnd(operationId: string): OperationRecord['end'] | undefined
  /** true when this identity already became an event (or was seen) within the last 14 days */
  hasIdentity(identityHash: string): boolean
}

/**
 * The single-writer log of one session (protocol §3–5). `append` is synchronous and folds at once; all records of one
 * call land in one segment. One PUT is in flight; whatever arrives meanwhile is the next batch.
 */
export interface SessionLog {
  readonly sessionId: string
  readonly epoch: number
  readonly state: LogState
  /** position of the last appended record that anything waits for: `done` and `finished` ride along behind it */
  readonly lastLsn: number
  readonly durableLsn: number
  /** @returns the position that `durable` takes. @throws LogLostError after a loss */
  append(records: readonly LogRecord[]): number
  /** Takes the next event sequence; it must be used in the same synchronous run. */
  takeSequence(): number
  /** Resolves when everything up to lsn is on the device. @throws LogLostError */
  durable(lsn: number): Promise<void>
  /** Asks HEAD whether we still own it. @throws LogLostError when we do not, or when HEAD cannot be read for too long */
  confirmOwner(): Promise<void>
  /** Called once, at the first loss; the owner closes its socket and leaves without writing. */
  onLost(listener: (loss: LogLoss) => void): void
  /** Flushes, writes the final snapshot and HEAD.tailSeq. Appending is over. */
  close(): Promise<void>
  /** Leaves without writing anything (fenced, or the process is told to die). */
  abandon(): void
}
