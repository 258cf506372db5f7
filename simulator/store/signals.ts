import type { Database } from './database.ts'

/** Something fleeting that `phoneId` saw: `available`, `unavailable`, `composing`, `recording` or `paused`. */
export type Signal = { fromPhone: string; fromDevice: number; chatJid: string; state: string }

export function insertSignal(database: Database, phoneId: number, signal: Signal): void {
  const { fromPhone, fromDevice, chatJid, state } = signal
  const sql = 'INSERT INTO signals (phoneId, fromPhone, fromDevice, chatJid, state, at) VALUES (?, ?, ?, ?, ?, ?)'
  database.run(sql, phoneId, fromPhone, fromDevice, chatJid, state, Date.now())
}

export function listSignals(database: Database, phoneId: number): unknown[] {
  const sql = 'SELECT * FROM signals WHERE phoneId = ? ORDER BY seq'
  return database
    .all<Signal & { seq: number; at: number }>(sql, phoneId)
    .map(({ seq, fromPhone, fromDevice, chatJid, state, at }) => ({
      seq,
      from: `+${fromPhone}`,
      device: fromDevice,
      chat: chatJid,
      state,
      at: new Date(at).toISOString(),
    }))
}

/** `ringing` until somebody answers it in one way or another. */
export type CallState = 'ringing' | 'rejected' | 'ended' | 'missed'
export type CallRow = { id: string; callerId: number; calleeId: number; video: number; state: CallState; at: number }

export function insertCall(database: Database, call: Omit<CallRow, 'state' | 'at'>): void {
  const sql = "INSERT INTO calls VALUES (?, ?, ?, ?, 'ringing', ?)"
  database.run(sql, call.id, call.callerId, call.calleeId, call.video, Date.now())
}

export function findCall(database: Database, id: string): CallRow | undefined {
  return database.get<CallRow>('SELECT * FROM calls WHERE id = ?', id)
}

export function listCalls(database: Database, callerId: number): CallRow[] {
  return database.all<CallRow>('SELECT * FROM calls WHERE callerId = ? ORDER BY at, id', callerId)
}

export function setCallState(database: Database, id: string, state: CallState): void {
  database.run('UPDATE calls SET state = ? WHERE id = ?', state, id)
}

export function isBlocked(database: Database, phoneId: number, otherId: number): boolean {
  return database.get('SELECT 1 FROM blocks WHERE phoneId = ? AND otherId = ?', phoneId, otherId) !== undefined
}

export function setBlocked(database: Database, phoneId: number, otherId: number, blocked: boolean): void {
  if (blocked) database.run('INSERT OR IGNORE INTO blocks VALUES (?, ?)', phoneId, otherId)
  else database.run('DELETE FROM blocks WHERE phoneId = ? AND otherId = ?', phoneId, otherId)
}

export function listBlocked(database: Database, phoneId: number): { phone: string; lid: string }[] {
  const sql = 'SELECT p.phone, p.lid FROM blocks b JOIN phones p ON p.id = b.otherId WHERE b.phoneId = ? ORDER BY p.id'
  return database.all(sql, phoneId)
}
