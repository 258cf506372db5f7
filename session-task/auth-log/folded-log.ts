import type { InboundRecord, LogRecord, OperationRecord, SequencedRecord } from './records.ts'
import type { OutState, UndecryptedState } from './session-log.ts'

/** Everything a log says, as plain data in the order it was said. Values of keys and creds are JSON text. */
export interface FoldedLog {
  /** newest journal time seen; ageing follows it, never the clock, so that every replay ages alike */
  now: number
  readonly keys: Map<string, Map<string, string>>
  creds: string | null
  /** credentials of devices that were logged out or linked anew, oldest first; 30 days, for a person to look at */
  readonly archivedCreds: { readonly at: number; readonly creds: string }[]
  nextSequence: number
  doneUpTo: number
  readonly undone: Map<number, SequencedRecord>
  /** rows that somebody was about to write; null when they stand */
  mark: { readonly from: number; readonly upTo: number } | null
  /** sequence → how often its row alone was tried */
  readonly tries: Map<number, number>
  readonly openOuts: Map<string, OutState>
  /** in the order they settled */
  readonly settledOuts: Map<string, OutState>
  readonly messageIds: Map<string, string>
  /** ciphertext hash → when, and the sequence whose undone record has the plaintext */
  readonly ciphertexts: Map<string, { at: number; sequence: number | null }>
  readonly identities: Map<string, number>
  /** by message key */
  readonly undecrypted: Map<string, { readonly at: number; readonly state: UndecryptedState }>
  /** by ciphertext hash */
  readonly unfinished: Map<string, { readonly at: number; readonly record: InboundRecord }>
  /** commands that began; in the order in which they did */
  readonly operations: Map<string, { readonly at: number; readonly end: OperationRecord['end'] }>
  /** records of a newer version, carried for it */
  readonly unknown: LogRecord[]
}
