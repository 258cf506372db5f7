import { rankOf } from '../../shared/core/message-status.ts'
import { forgetInbound, noteContent, noteUndecrypted } from './fold-inbound.ts'
import type { FoldedLog } from './folded-log.ts'
import { holdsLinkedDevice } from './linked-credentials.ts'
import { isSequenced, type KeysRecord, type LogRecord, type OperationRecord, type SequencedRecord } from './records.ts'
import type { OutState } from './session-log.ts'

const RETENTION_MS = 14 * 24 * 3_600_000
const ARCHIVE_MS = 30 * 24 * 3_600_000
const ARCHIVED_MAX = 3
const HASHES_MIN = 5_000
const HASHES_MAX = 100_000

export const emptyFold = (): FoldedLog => ({
  now: 0,
  keys: new Map(),
  creds: null,
  archivedCreds: [],
  nextSequence: 1,
  doneUpTo: 0,
  undone: new Map(),
  mark: null,
  tries: new Map(),
  openOuts: new Map(),
  settledOuts: new Map(),
  messageIds: new Map(),
  ciphertexts: new Map(),
  identities: new Map(),
  undecrypted: new Map(),
  unfinished: new Map(),
  operations: new Map(),
  unknown: [],
})

/**
 * Applies one record in place; depends on nothing but its arguments.
 * @param at journal time of the append that holds the record, epoch milliseconds
 */
export const fold = (state: FoldedLog, record: LogRecord, at: number): void => {
  state.now = Math.max(state.now, at)
  if (isSequenced(record)) noteSequenced(state, record)
  apply(state, record, at)
  forgetAged(state)
}

const apply = (state: FoldedLog, record: LogRecord, at: number): void => {
  switch (record.t) {
    case 'keys':
      setKeys(state, record)
      return
    case 'creds':
      setCredentials(state, record.creds == null ? null : JSON.stringify(record.creds), at)
      return
    case 'in': {
      noteContent(state, record, at)
      const known = state.ciphertexts.get(record.ciphertextHash)
      if (known?.sequence == null) state.ciphertexts.set(record.ciphertextHash, { at, sequence: record.sequence })
      if (!state.identities.has(record.identityHash)) state.identities.set(record.identityHash, at)
      return
    }
    case 'undecrypted':
      noteUndecrypted(state, record, at)
      return
    case 'finished':
      for (const hash of record.ciphertextHashes) state.unfinished.delete(hash)
      return
    case 'note':
      if (!state.identities.has(record.identityHash)) state.identities.set(record.identityHash, at)
      return
    case 'op':
      noteOperation(state, record, at)
      return
    case 'out': {
      const outs = state.settledOuts.has(record.messageId) ? state.settledOuts : state.openOuts
      const earlier = outs.get(record.messageId)
      const settled = earlier?.settled ?? null
      outs.set(record.messageId, {
        whatsappId: record.whatsappId,
        frames: Math.max(earlier?.frames ?? 0, record.n),
        settled,
        at,
      })
      state.messageIds.set(record.whatsappId, record.messageId)
      return
    }
    case 'status':
      settle(state, record.messageId, record.status, at)
      return
    case 'fail':
      settle(state, record.messageId, 'failed', at)
      return
    case 'unknown':
      settle(state, record.messageId, 'unknown', at)
      return
    case 'done':
      state.doneUpTo = Math.max(state.doneUpTo, record.upTo)
      for (const sequence of state.undone.keys()) if (sequence <= state.doneUpTo) state.undone.delete(sequence)
      for (const sequence of state.tries.keys()) if (sequence <= state.doneUpTo) state.tries.delete(sequence)
      if (state.mark && state.mark.upTo <= state.doneUpTo) state.mark = null
      return
    case 'mark':
      if (record.upTo <= state.doneUpTo) return
      state.mark = { from: record.from, upTo: record.upTo }
      if (record.alone) state.tries.set(record.from, (state.tries.get(record.from) ?? 0) + 1)
      return
    case 'state':
    case 'fence':
      return
    default:
      // Not assertNever: a newer worker may have written here before us (rolling deploy).
      state.unknown.push(record)
  }
}

/** An operation is asked for within minutes: a thousand of them are more than anybody waits for. */
const OPERATIONS_MAX = 1_000

const noteOperation = ({ operations }: FoldedLog, { operationId, end }: OperationRecord, at: number): void => {
  const known = operations.get(operationId)
  operations.set(operationId, { at: known?.at ?? at, end: known?.end ?? end })
  for (const oldest of operations.keys()) {
    if (operations.size <= OPERATIONS_MAX) return
    operations.delete(oldest)
  }
}

const setCredentials = (state: FoldedLog, creds: string | null, at: number): void => {
  if (creds === null) {
    // A 401 may be WhatsApp's mistake: credentials that are deleted can never be looked at again (baileys-facts §1.1).
    if (state.creds !== null && holdsLinkedDevice(state.creds)) state.archivedCreds.push({ at, creds: state.creds })
    if (state.archivedCreds.length > ARCHIVED_MAX) state.archivedCreds.shift()
    // A new identity has nothing in common with the ratchets and pre-keys of the one before.
    state.keys.clear()
  }
  state.creds = creds
}

const noteSequenced = (state: FoldedLog, record: SequencedRecord): void => {
  state.nextSequence = Math.max(state.nextSequence, record.sequence + 1)
  if (record.sequence > state.doneUpTo) state.undone.set(record.sequence, record)
}

const setKeys = (state: FoldedLog, record: KeysRecord): void => {
  for (const [type, values] of Object.entries(record.set)) {
    const ofType = state.keys.get(type) ?? new Map<string, string>()
    for (const [id, value] of Object.entries(values)) {
      if (value == null) ofType.delete(id)
      else ofType.set(id, JSON.stringify(value))
    }
    if (ofType.size > 0) state.keys.set(type, ofType)
    else state.keys.delete(type)
  }
}

const NEVER_SENT: OutState = { whatsappId: '', frames: 0, settled: null, at: 0 }

const settle = (state: FoldedLog, messageId: string, to: NonNullable<OutState['settled']>, at: number): void => {
  // An end without a frame is remembered too: it must not be told twice.
  const out = state.openOuts.get(messageId) ?? state.settledOuts.get(messageId) ?? NEVER_SENT
  // Evidence beats a guess; a later record never lowers what is known (protocol §9, §6).
  if (out.settled !== null && rankOf(to) <= rankOf(out.settled)) return
  state.openOuts.delete(messageId)
  state.settledOuts.delete(messageId)
  state.settledOuts.set(messageId, { ...out, settled: to, at })
}

const forgetAged = (state: FoldedLog): void => {
  const limit = state.now - RETENTION_MS
  for (const [messageId, out] of state.settledOuts) {
    if (out.at >= limit) break
    state.settledOuts.delete(messageId)
    if (state.messageIds.get(out.whatsappId) === messageId) state.messageIds.delete(out.whatsappId)
  }
  for (const [operationId, { at }] of state.operations) {
    if (at >= limit) break
    state.operations.delete(operationId)
  }
  forgetInbound(state, limit)
  while ((state.archivedCreds[0]?.at ?? Number.POSITIVE_INFINITY) < state.now - ARCHIVE_MS) state.archivedCreds.shift()
  forgetHashes(state.ciphertexts, ({ at }) => at >= limit)
  forgetHashes(state.identities, (at) => at >= limit)
}

/** At least 14 days and at least 5,000 of them; never more than 100,000. */
const forgetHashes = <Value>(hashes: Map<string, Value>, isYoung: (value: Value) => boolean): void => {
  for (const [hash, value] of hashes) {
    if (hashes.size <= HASHES_MIN) return
    if (hashes.size <= HASHES_MAX && isYoung(value)) return
    hashes.delete(hash)
  }
}

/** True when old hashes were dropped before their time: a redelivery might become a second event. Worth an alarm. */
export const hashesAreFull = (state: FoldedLog): boolean =>
  state.ciphertexts.size >= HASHES_MAX || state.identities.size >= HASHES_MAX
