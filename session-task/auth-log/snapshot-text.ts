import { emptyFold, fold } from './fold.ts'
import type { FoldedLog } from './folded-log.ts'
import type { LogRecord } from './records.ts'

const FORMAT = 1

/**
 * Folded state as text: a first line with everything but the keys, then one line per key, `["type","id"]⇥value`. Values
 * are copied, not encoded again: freezing 9 MB of keys costs a concatenation, and opening them decodes none.
 */
export const encodeSnapshot = (state: FoldedLog): string => {
  const lines = [
    JSON.stringify({
      v: FORMAT,
      now: state.now,
      creds: state.creds,
      archivedCreds: state.archivedCreds,
      nextSequence: state.nextSequence,
      doneUpTo: state.doneUpTo,
      undone: [...state.undone.values()],
      mark: state.mark,
      tries: [...state.tries],
      openOuts: [...state.openOuts],
      settledOuts: [...state.settledOuts],
      ciphertexts: [...state.ciphertexts].map(([hash, { at, sequence }]) => [hash, at, sequence]),
      identities: [...state.identities],
      undecrypted: [...state.undecrypted],
      unfinished: [...state.unfinished],
      operations: [...state.operations],
      unknown: state.unknown,
    }),
  ]
  for (const [type, values] of state.keys)
    for (const [id, value] of values) lines.push(`${JSON.stringify([type, id])}\t${value}`)
  return lines.join('\n')
}

/** @throws when the text is no snapshot of a format this version knows */
export const decodeSnapshot = (text: string): FoldedLog => {
  const [first, ...keys] = text.split('\n')
  const stored = JSON.parse(first ?? '')
  if (stored.v !== FORMAT) throw new Error(`unknown snapshot format ${stored.v}`)
  const state: FoldedLog = {
    ...emptyFold(),
    now: stored.now,
    creds: stored.creds,
    archivedCreds: stored.archivedCreds ?? [],
    nextSequence: stored.nextSequence,
    doneUpTo: stored.doneUpTo,
    // absent in snapshots of older versions
    mark: stored.mark ?? null,
    tries: new Map(stored.tries ?? []),
    openOuts: new Map(stored.openOuts),
    settledOuts: new Map(stored.settledOuts),
    identities: new Map(stored.identities),
  }
  // Absent in snapshots of an earlier version.
  for (const [key, waiting] of stored.undecrypted ?? []) state.undecrypted.set(key, waiting)
  for (const [operationId, known] of stored.operations ?? []) state.operations.set(operationId, known)
  for (const [hash, held] of stored.unfinished ?? []) state.unfinished.set(hash, held)
  for (const record of stored.undone) state.undone.set(record.sequence, record)
  for (const [hash, at, sequence] of stored.ciphertexts) state.ciphertexts.set(hash, { at, sequence })
  for (const outs of [state.openOuts, state.settledOuts])
    for (const [messageId, out] of outs) if (out.whatsappId !== '') state.messageIds.set(out.whatsappId, messageId)
  for (const line of keys) {
    const tab = line.indexOf('\t')
    const [type, id] = JSON.parse(line.slice(0, tab))
    const ofType = state.keys.get(type) ?? new Map<string, string>()
    state.keys.set(type, ofType.set(id, line.slice(tab + 1)))
  }
  // An older version carried these without understanding them; this one may.
  for (const record of stored.unknown as LogRecord[]) fold(state, record, state.now)
  return state
}
