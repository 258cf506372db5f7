import type { Database } from './database.ts'

/** A stanza a linked device has not acknowledged yet; `stanza` is the encoded node. */
export type QueuedStanza = {
  seq: number
  deviceId: number
  tag: string
  stanzaId: string
  type: string
  stanza: Uint8Array
}

export type EncType = 'msg' | 'pkmsg' | 'skmsg'

/** A message a simulated phone has not decrypted yet. */
export type QueuedMessage = {
  seq: number
  phoneId: number
  frame: number
  senderDeviceId: number
  whatsappId: string
  chatJid: string
  category: string
  encType: EncType
  ciphertext: Uint8Array
}

export function enqueueStanza(database: Database, entry: Omit<QueuedStanza, 'seq'>, nacksToSkip = 0): QueuedStanza {
  const sql = 'INSERT INTO device_queue (deviceId, tag, stanzaId, type, stanza, nacksToSkip) VALUES (?, ?, ?, ?, ?, ?)'
  const { rowid } = database.run(sql, entry.deviceId, entry.tag, entry.stanzaId, entry.type, entry.stanza, nacksToSkip)
  return { ...entry, seq: rowid }
}

export function queuedStanzas(database: Database, deviceId: number): QueuedStanza[] {
  return database.all<QueuedStanza>('SELECT * FROM device_queue WHERE deviceId = ? ORDER BY seq', deviceId)
}

/**
 * Forgets the oldest waiting stanza the client confirmed. A nack that follows a retry receipt belongs to the first copy, which
 * the retry receipt has already removed: such a nack must not take the re-encrypted copy away.
 */
export function confirmStanza(
  database: Database,
  deviceId: number,
  tag: string,
  id: string,
  type: string | null,
  isNack: boolean,
): boolean {
  const sql = `SELECT seq, nacksToSkip FROM device_queue WHERE deviceId = ? AND tag = ? AND stanzaId = ? AND (? IS NULL OR type = ?)
    ORDER BY seq LIMIT 1`
  const row = database.get<{ seq: number; nacksToSkip: number }>(sql, deviceId, tag, id, type, type)
  if (!row) return false
  if (isNack && row.nacksToSkip > 0) database.run('UPDATE device_queue SET nacksToSkip = 0 WHERE seq = ?', row.seq)
  else database.run('DELETE FROM device_queue WHERE seq = ?', row.seq)
  return true
}

/** A nack that was still to come died with its connection. */
export function expectNoNacks(database: Database, deviceId: number): void {
  database.run('UPDATE device_queue SET nacksToSkip = 0 WHERE deviceId = ? AND nacksToSkip > 0', deviceId)
}

export function enqueueMessage(database: Database, entry: Omit<QueuedMessage, 'seq'>): void {
  const sql = `INSERT INTO phone_queue (phoneId, frame, senderDeviceId, whatsappId, chatJid, category, encType, ciphertext)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
  const { phoneId, frame, senderDeviceId, whatsappId, chatJid, category, encType, ciphertext } = entry
  database.run(sql, phoneId, frame, senderDeviceId, whatsappId, chatJid, category, encType, ciphertext)
}

export function nextQueuedMessage(database: Database, phoneId: number): QueuedMessage | undefined {
  return database.get<QueuedMessage>('SELECT * FROM phone_queue WHERE phoneId = ? ORDER BY seq LIMIT 1', phoneId)
}

export function dropQueuedMessage(database: Database, seq: number): void {
  database.run('DELETE FROM phone_queue WHERE seq = ?', seq)
}

/** True if the same frame brought the phone a group message that it has still to read. */
export function hasGroupPart(database: Database, { phoneId, frame, seq }: QueuedMessage): boolean {
  const sql = "SELECT 1 FROM phone_queue WHERE phoneId = ? AND frame = ? AND seq > ? AND encType = 'skmsg'"
  return database.get(sql, phoneId, frame, seq) !== undefined
}
