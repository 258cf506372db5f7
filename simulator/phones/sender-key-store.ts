import type { Database } from '../store/database.ts'
import { newSenderKey, type SenderKeyRecord, type SenderKeyState } from '../wire/sender-keys.ts'

/** Where a phone keeps the sender keys of `chatJid`: its own under `own`, others' by the address of the device. */
export function loadSenderKeys(database: Database, phoneId: number, chatJid: string, owner: string): SenderKeyRecord {
  const sql = 'SELECT record FROM sender_keys WHERE phoneId = ? AND name = ?'
  const row = database.get<{ record: string }>(sql, phoneId, `${chatJid}::${owner}`)
  return row ? (JSON.parse(row.record) as SenderKeyRecord) : []
}

export function storeSenderKeys(
  database: Database,
  phoneId: number,
  chatJid: string,
  owner: string,
  record: SenderKeyRecord,
): void {
  const sql = 'INSERT INTO sender_keys VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET record = excluded.record'
  database.run(sql, phoneId, `${chatJid}::${owner}`, JSON.stringify(record))
}

export function ownSenderKey(database: Database, phoneId: number, chatJid: string): SenderKeyState {
  return loadSenderKeys(database, phoneId, chatJid, 'own').at(-1) ?? newSenderKey()
}

/** True if the device has this phone's current sender key of the chat. */
export function hasSharedKey(database: Database, phoneId: number, chatJid: string, deviceId: number): boolean {
  const sql = 'SELECT 1 FROM sender_key_shared WHERE phoneId = ? AND chatJid = ? AND deviceId = ?'
  return database.get(sql, phoneId, chatJid, deviceId) !== undefined
}

export function noteSharedKey(database: Database, phoneId: number, chatJid: string, deviceId: number): void {
  database.run('INSERT OR IGNORE INTO sender_key_shared VALUES (?, ?, ?)', phoneId, chatJid, deviceId)
}
