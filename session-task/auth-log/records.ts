import type { SessionReason, SessionStatus } from '../../shared/core/session-status.ts'
import type { UndecryptableReason } from '../../shared/core/undecryptable.ts'
import type { EndedStatus } from '../../shared/core/usage-fold.ts'
import type { Failure } from '../../shared/store/rows/message.ts'
import type { TargetKey } from '../whatsapp/content/read-content.ts'

/**
 * Records of a session's log (protocol §5). The log is the session's only sequencer: what a new owner must be able to
 * reproduce is a record first and a DynamoDB write second. `sequence` and event ids are assigned in the record.
 * Unknown record types and fields are kept by a snapshot and otherwise ignored (old and new code run side by side).
 */
export interface Sequenced {
  readonly sequence: number
  readonly eventId: string
  /** journal time, epoch milliseconds; the event's timestamp */
  readonly at: number
}

/** Signal key state: type → id → value (JSON with bytes as {type:'Buffer',data:base64}); null deletes. */
export interface KeysRecord {
  readonly t: 'keys'
  readonly set: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export interface CredsRecord {
  readonly t: 'creds'
  readonly creds: unknown
}

/**
 * An inbound stanza that was decrypted: in the same append call as the ratchet, before its receipt may leave.
 * `sequence` is null when it makes no event (protocol messages, key distribution, repeated identity).
 */
export interface InboundRecord {
  readonly t: 'in'
  readonly sequence: number | null
  readonly eventId: string | null
  readonly at: number
  /** what the event says: type and data with the tenant-facing shapes (session-task/session/inbound) */
  readonly event: InboundEvent | null
  /** base64 of SHA-256(kind ‖ ciphertext), first 16 bytes: redelivery is answered by it */
  readonly ciphertextHash: string
  /** base64 of the first 16 bytes of SHA-256(sender ‖ WhatsApp id ‖ kind): a sender's re-encrypted retry is the same event */
  readonly identityHash: string
  /** base64 of the decrypted bytes, needed until done: a redelivery returns them without touching the ratchet */
  readonly plaintext: string
  readonly stanza: string
  readonly tries: number
  /** which message of which sender this is the content of; see UndecryptedRecord */
  readonly messageKey?: string
  /** content that the tenant wants nothing of: no event now, and none when it comes again */
  readonly isIgnored?: true
  /** the library still works on it after the receipt (history, shared keys): injected again after a crash, until `finished` */
  readonly isUnfinished?: boolean
}

/**
 * A stanza that could not be decrypted, before its retry receipt or refusal may leave. Makes no event by itself: most
 * senders answer with the content within seconds (baileys-facts §4).
 */
export interface UndecryptedRecord {
  readonly t: 'undecrypted'
  readonly at: number
  /** base64 of the first 16 bytes of SHA-256(sender's LID, or phone ‖ 0 ‖ WhatsApp id) */
  readonly messageKey: string
  readonly attributes: Readonly<Record<string, string>>
  readonly reason: UndecryptableReason
}

/** The library is done with these inbound stanzas (ciphertext hashes); rides along. */
export interface FinishedRecord {
  readonly t: 'finished'
  readonly ciphertextHashes: readonly string[]
}

/**
 * What WhatsApp told without a message (a group changed, two contacts are one), before the ack of that stanza may leave.
 * The event is complete in the record; the same notification delivered again has the same identityHash.
 */
export interface NoteRecord extends Sequenced {
  readonly t: 'note'
  readonly eventType: string
  readonly identityHash: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface InboundEvent {
  readonly type: string
  /** id of the inbound MESSAGE row */
  readonly messageId: string
  readonly whatsappId: string
  readonly chatJid: string
  readonly senderJid: string
  readonly phone: string | null
  readonly lid: string | null
  readonly pushName: string | null
  readonly messageType: string
  /** the type's own part, e.g. {text: {body}} */
  readonly content: Readonly<Record<string, unknown>>
  readonly sentAt: number
  /** what of the message names other messages and people; resolved when the rows are written */
  readonly target?: TargetKey
  readonly quotedId?: string
  readonly mentionedJids?: readonly string[]
  /** a sealed poll vote, base64 */
  readonly vote?: { readonly payload: string; readonly iv: string }
  /** when the chat's timer was set, if it says so; epoch milliseconds */
  readonly timerSetAt?: number
  /** its bytes are kept on the row */
  readonly keepsProto?: boolean
}

/** A frame of this message is about to leave. The number of frames is the number of these records. */
export interface OutRecord {
  readonly t: 'out'
  readonly messageId: string
  readonly whatsappId: string
  readonly n: number
}

/** Of what becomes of a message that we sent. */
interface EndRecord extends Sequenced {
  /** how it had ended until then; null: not yet. Absent: a record of an older version */
  readonly after?: EndedStatus | null
}

export interface StatusRecord extends EndRecord {
  readonly t: 'status'
  readonly messageId: string
  readonly status: 'sent' | 'delivered' | 'read' | 'played'
}

export interface FailRecord extends EndRecord {
  readonly t: 'fail'
  readonly messageId: string
  readonly failure: Failure
}

export interface UnknownRecord extends EndRecord {
  readonly t: 'unknown'
  readonly messageId: string
  readonly failure: Failure
}

/** Session state changes that make an event; before META says so. */
export interface StateRecord extends Sequenced {
  readonly t: 'state'
  readonly from: SessionStatus
  readonly to: SessionStatus
  readonly reason: SessionReason | null
  readonly eventType: string
  readonly facts: Readonly<Record<string, string | null>>
}

/**
 * A command that must not be carried out twice (protocol §9): `started` before its frame, the end before its row. Whoever
 * finds a start without an end does not know what became of it.
 */
export interface OperationRecord {
  readonly t: 'op'
  readonly operationId: string
  /** null: started */
  readonly end: { readonly result: unknown } | { readonly failure: Failure } | null
}

/** Rows of every sequence ≤ upTo are written; rides along. */
export interface DoneRecord {
  readonly t: 'done'
  readonly upTo: number
}

/**
 * Rows of these sequences are about to be written once more. A mark that the next owner finds says that whoever tried did
 * not live to write `done`; one that was `alone` counts as a try of its row (protocol §5, poison).
 */
export interface MarkRecord {
  readonly t: 'mark'
  readonly from: number
  readonly upTo: number
  readonly alone: boolean
}

export interface FenceRecord {
  readonly t: 'fence'
  readonly epoch: number
}

export type LogRecord =
  | KeysRecord
  | CredsRecord
  | InboundRecord
  | OutRecord
  | StatusRecord
  | FailRecord
  | UnknownRecord
  | StateRecord
  | UndecryptedRecord
  | FinishedRecord
  | NoteRecord
  | OperationRecord
  | DoneRecord
  | MarkRecord
  | FenceRecord

export type SequencedRecord =
  | StatusRecord
  | FailRecord
  | UnknownRecord
  | StateRecord
  | NoteRecord
  | (InboundRecord & Sequenced)

export const isSequenced = (record: LogRecord): record is SequencedRecord =>
  'sequence' in record && typeof record.sequence === 'number'
