import type { Database } from './database.ts'

export type ViolationKind =
  | 'bad_prologue'
  | 'bad_handshake'
  | 'bad_frame'
  | 'bad_stanza'
  | 'bad_device_signature'
  | 'bad_upload'
  | 'unknown_device'
  | 'noise_key_mismatch'
  | 'message_without_participants'
  | 'unknown_participant'
  | 'pre_key_reused'
  | 'ratchet_counter_reused'
  | 'unexpected_stanza'

export type Violation = {
  namespace: string | null
  kind: ViolationKind
  phone?: string
  device?: number
  frame?: number
  detail: string
}

export function recordViolation(database: Database, violation: Violation): void {
  const { namespace, kind, phone, device, frame, detail } = violation
  const sql = 'INSERT INTO violations (namespace, at, kind, phone, device, frame, detail) VALUES (?, ?, ?, ?, ?, ?, ?)'
  database.run(sql, namespace, Date.now(), kind, phone ?? null, device ?? null, frame ?? null, detail)
}

/** Violations of a namespace, and those of connections that never said who they are. */
export function listViolations(database: Database, namespace: string): unknown[] {
  const sql =
    'SELECT id, namespace, at, kind, phone, device, frame, detail FROM violations WHERE namespace = ? OR namespace IS NULL ORDER BY id'
  return database.all<{ at: number }>(sql, namespace).map((row) => ({ ...row, at: new Date(row.at).toISOString() }))
}
