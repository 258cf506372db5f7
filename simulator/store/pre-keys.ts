import { asBuffer } from '../wire/stanza.ts'
import type { Database } from './database.ts'

export type PublicPreKey = { keyId: number; publicKey: Buffer }

export function countPreKeys(database: Database, deviceId: number): number {
  const sql = 'SELECT count(*) AS count FROM pre_keys WHERE deviceId = ? AND used = 0'
  return database.get<{ count: number }>(sql, deviceId)!.count
}

/**
 * Stores uploaded pre-keys. Returns the ids that were uploaded before with another key: the sign of a client whose state was
 * rolled back, whose next contacts would not be able to write to it.
 */
export function storePreKeys(database: Database, deviceId: number, keys: PublicPreKey[]): number[] {
  const reused: number[] = []
  database.transaction(() => {
    for (const { keyId, publicKey } of keys) {
      const sql = 'SELECT publicKey FROM pre_keys WHERE deviceId = ? AND keyId = ?'
      const known = database.get<{ publicKey: Uint8Array }>(sql, deviceId, keyId)
      if (known && asBuffer(known.publicKey).equals(publicKey)) continue
      if (known) reused.push(keyId)
      const upsert = `INSERT INTO pre_keys (deviceId, keyId, publicKey) VALUES (?, ?, ?)
        ON CONFLICT (deviceId, keyId) DO UPDATE SET publicKey = excluded.publicKey, used = 0`
      database.run(upsert, deviceId, keyId, publicKey)
    }
  })
  return reused
}

/** Hands out one unused pre-key; undefined when the client has not uploaded enough. */
export function takePreKey(database: Database, deviceId: number): PublicPreKey | undefined {
  const sql = `UPDATE pre_keys SET used = 1 WHERE deviceId = ?1 AND keyId =
    (SELECT min(keyId) FROM pre_keys WHERE deviceId = ?1 AND used = 0) RETURNING keyId, publicKey`
  const row = database.get<{ keyId: number; publicKey: Uint8Array }>(sql, deviceId)
  return row && { keyId: row.keyId, publicKey: asBuffer(row.publicKey) }
}
