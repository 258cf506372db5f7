import type { Database } from './database.ts'

/** Reach-out time-lock: no new chats until `endsAtSeconds` (Unix time). */
export type TimeLock = { active: boolean; endsAtSeconds: number; enforcementType: string }
/** How many new chats the account may still start. */
export type NewChatCap = { total: number; used: number; status: 'NONE' | 'FIRST_WARNING' | 'SECOND_WARNING' | 'CAPPED' }
export type Restrictions = { timeLock?: TimeLock; newChatCap?: NewChatCap }

export function readRestrictions(database: Database, phoneId: number): Restrictions {
  const row = database.get<{ value: string }>('SELECT value FROM restrictions WHERE phoneId = ?', phoneId)
  return row ? (JSON.parse(row.value) as Restrictions) : {}
}

export function writeRestrictions(database: Database, phoneId: number, restrictions: Restrictions): void {
  const sql = 'INSERT INTO restrictions VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'
  database.run(sql, phoneId, JSON.stringify(restrictions))
}

/** True if these two have never written to each other: what the server calls a new chat. */
export function isNewChat(
  database: Database,
  one: { id: number; phone: string },
  other: { id: number; phone: string },
): boolean {
  const sql = 'SELECT 1 FROM inbox WHERE (phoneId = ? AND fromPhone = ?) OR (phoneId = ? AND fromPhone = ?) LIMIT 1'
  return database.get(sql, one.id, other.phone, other.id, one.phone) === undefined
}
