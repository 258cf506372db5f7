import type { SignalDataSet, SignalDataTypeMap, SignalKeyStore } from '@whiskeysockets/baileys'
import { proto } from '@whiskeysockets/baileys'
import type { InboundRecord, LogRecord } from '../auth-log/records.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { DecryptedStanza } from './connection.ts'
import { decodeBytes, encodeBytes } from './json-bytes.ts'

/** Not a key type: decrypted stanzas that ride in the transaction of their ratchet and become `in` records. */
export const DECRYPTED = '~decrypted'

type KeyMap = Readonly<Record<string, unknown>>

/** Session values stay as they are: libsignal's records are plain JSON already; the log prunes them. */
const encodeKey = (type: string, value: unknown): unknown => {
  if (value === null || value === undefined) return null
  return type === 'session' ? value : encodeBytes(value)
}

const decodeKey = (type: string, value: unknown): unknown => {
  if (type === 'session') return value
  const decoded = decodeBytes(value)
  // a plain object would give app-state code a zero-length key (evolution-api#2685)
  return type === 'app-state-sync-key' ? proto.Message.AppStateSyncKeyData.fromObject(decoded as object) : decoded
}

const journalOf = (stanza: DecryptedStanza, journal: (stanza: DecryptedStanza) => InboundRecord): InboundRecord => {
  const { messageKey, isUnfinished } = stanza
  return { ...journal(stanza), ...(messageKey ? { messageKey } : {}), ...(isUnfinished ? { isUnfinished } : {}) }
}

/**
 * Signal keys in the memory of the session log. `set` appends one batch synchronously: the ratchet and what was
 * decrypted with it land in the same segment (protocol §5).
 * @throws LogLostError after the log was lost
 */
export const makeKeyStore = (
  log: SessionLog,
  journal: (stanza: DecryptedStanza) => InboundRecord,
): SignalKeyStore & { set(data: SignalDataSet): void } => ({
  get: <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) => {
    const found: Record<string, SignalDataTypeMap[T]> = {}
    for (const id of ids) {
      const value = log.state.key(type, id)
      if (value !== undefined && value !== null) found[id] = decodeKey(type, value) as SignalDataTypeMap[T]
    }
    return found
  },
  set: (data: SignalDataSet) => {
    const { [DECRYPTED]: decrypted = {}, ...types } = data as Readonly<Record<string, KeyMap>>
    const set = Object.fromEntries(
      Object.entries(types)
        .filter(([, values]) => Object.keys(values).length > 0)
        .map(([type, values]) => [
          type,
          Object.fromEntries(Object.entries(values).map(([id, value]) => [id, encodeKey(type, value)])),
        ]),
    )
    const records: LogRecord[] = []
    if (Object.keys(set).length > 0) records.push({ t: 'keys', set })
    for (const stanza of Object.values(decrypted)) records.push(journalOf(stanza as DecryptedStanza, journal))
    if (records.length > 0) log.append(records)
  },
})
