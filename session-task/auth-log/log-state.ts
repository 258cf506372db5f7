import type { FoldedLog } from './folded-log.ts'
import { holdsLinkedDevice } from './linked-credentials.ts'
import type { SequencedRecord } from './records.ts'
import type { LogState } from './session-log.ts'

/** Reading view of the fold. Key values and creds are decoded afresh: nobody can change the state through them. */
/** of a row in a map with its key, text aside */
const ENTRY_BYTES = 100

const undoneBytesOf = (state: FoldedLog): number => {
  let bytes = 0
  for (const record of state.undone.values())
    if (record.t === 'in') bytes += record.plaintext.length + record.stanza.length
  return bytes
}

const approximateBytesOf = (state: FoldedLog): number => {
  let bytes = (state.creds?.length ?? 0) + undoneBytesOf(state)
  let entries = state.undone.size + state.undecrypted.size * 4 + state.ciphertexts.size + state.identities.size
  entries += (state.openOuts.size + state.settledOuts.size + state.messageIds.size) * 2
  for (const values of state.keys.values()) {
    entries += values.size
    for (const [id, value] of values) bytes += id.length + value.length
  }
  for (const { creds } of state.archivedCreds) bytes += creds.length
  for (const { record } of state.unfinished.values()) bytes += record.stanza.length + record.plaintext.length
  return bytes + entries * ENTRY_BYTES
}

export const viewOf = (state: FoldedLog): LogState => ({
  get creds() {
    return state.creds === null ? null : JSON.parse(state.creds)
  },
  archivedCreds: () => state.archivedCreds.map(({ at, creds }) => ({ at, creds: JSON.parse(creds) })),
  key: (type, id) => {
    const value = state.keys.get(type)?.get(id)
    return value === undefined ? undefined : JSON.parse(value)
  },
  get nextSequence() {
    return state.nextSequence
  },
  get doneUpTo() {
    return state.doneUpTo
  },
  undone: () => [...state.undone.values()].sort(bySequence),
  get undoneCount() {
    return state.undone.size
  },
  undoneBytes: () => undoneBytesOf(state),
  approximateBytes: () => approximateBytesOf(state),
  get mark() {
    return state.mark
  },
  triesOf: (sequence) => state.tries.get(sequence) ?? 0,
  out: (messageId) => state.openOuts.get(messageId) ?? state.settledOuts.get(messageId),
  messageIdOf: (whatsappId) => state.messageIds.get(whatsappId),
  inboundByCiphertext: (ciphertextHash) => {
    const known = state.ciphertexts.get(ciphertextHash)
    if (!known) return undefined
    const unfinished = state.unfinished.get(ciphertextHash)
    if (unfinished) return unfinished.record
    const record = known.sequence === null ? undefined : state.undone.get(known.sequence)
    return record?.t === 'in' && record.ciphertextHash === ciphertextHash ? record : { plaintext: null }
  },
  undecrypted: () => [...state.undecrypted.values()].map((waiting) => waiting.state),
  undecryptedOf: (messageKey) => state.undecrypted.get(messageKey)?.state,
  unfinished: () => [...state.unfinished.values()].map(({ record }) => record),
  operationEnd: (operationId) => state.operations.get(operationId)?.end,
  hasIdentity: (identityHash) => state.identities.has(identityHash),
})

const bySequence = (one: SequencedRecord, other: SequencedRecord): number => one.sequence - other.sequence

/** Does the state hold the credentials of a linked device? */
export const isLinked = (state: FoldedLog): boolean => state.creds !== null && holdsLinkedDevice(state.creds)
