import type { FoldedLog } from './folded-log.ts'
import type { InboundRecord, UndecryptedRecord } from './records.ts'

/** A sender of garbage must not fill the log: the oldest make room, their rows are not made. */
const UNDECRYPTED_MAX = 1_000
const UNFINISHED_MAX = 200

type Inbound = Pick<FoldedLog, 'undecrypted' | 'unfinished' | 'ciphertexts' | 'identities'>

/**
 * What a decrypted stanza says about messages that are waited for, and whether the library still works on it.
 * @param at journal time of the append
 */
export const noteContent = (state: Inbound, record: InboundRecord, at: number): void => {
  const { undecrypted, unfinished, ciphertexts, identities } = state
  const isContent =
    record.isIgnored === true || (record.event !== null && record.event.type !== 'message.undecryptable')
  if (isContent && record.messageKey !== undefined && !identities.has(record.messageKey))
    identities.set(record.messageKey, at)
  if (record.isUnfinished && !ciphertexts.has(record.ciphertextHash)) {
    unfinished.set(record.ciphertextHash, { record, at })
    shrink(unfinished, UNFINISHED_MAX)
  }
  const waiting = record.messageKey === undefined ? undefined : undecrypted.get(record.messageKey)
  if (!waiting) return
  if (record.event?.type === 'message.undecryptable')
    undecrypted.set(waiting.state.messageKey, {
      ...waiting,
      state: { ...waiting.state, messageId: record.event.messageId },
    })
  else undecrypted.delete(waiting.state.messageKey)
}

/** The first failure counts: a sender that fails again does not put the report off. */
export const noteUndecrypted = ({ undecrypted, identities }: Inbound, record: UndecryptedRecord, at: number): void => {
  const { messageKey, attributes, reason } = record
  // A second copy of what was read before is nothing that anybody misses.
  if (undecrypted.has(messageKey) || identities.has(messageKey)) return
  undecrypted.set(messageKey, { state: { at: record.at, messageKey, attributes, reason, messageId: null }, at })
  shrink(undecrypted, UNDECRYPTED_MAX)
}

/** @param limit journal time before which things are forgotten */
export const forgetInbound = (
  { undecrypted, unfinished }: Pick<Inbound, 'undecrypted' | 'unfinished'>,
  limit: number,
): void => {
  for (const [key, { at }] of undecrypted) {
    if (at >= limit) break
    undecrypted.delete(key)
  }
  for (const [hash, { at }] of unfinished) {
    if (at >= limit) break
    unfinished.delete(hash)
  }
}

const shrink = (map: Map<string, unknown>, max: number): void => {
  for (const key of map.keys()) {
    if (map.size <= max) return
    map.delete(key)
  }
}
