import type { Database } from './database.ts'

export type FaultKind =
  | 'drop'
  | 'halfOpen'
  | 'streamError'
  | 'failure'
  | 'slowAcks'
  | 'swallowAcks'
  | 'nack'
  | 'refuseConnections'
  | 'neverSuccess'
  | 'delayFrames'
  | 'swallowQueries'
  | 'swallowReceipts'
  | 'failQueries'
  | 'mediaUpload'
  | 'mediaDownload'
  | 'forgedCertificate'
  | 'forgedAccountSignature'

export type FaultOptions = {
  when?: 'now' | 'login' | 'message'
  mode?: 'reset' | 'close' | 'xmlstreamend'
  processed?: boolean
  code?: number
  delayMs?: number
  xmlns?: string
}

export type Fault = {
  id: number
  namespace: string
  kind: FaultKind
  phone: string | null
  device: number | null
  recipient: string | null
  /** How often it still strikes; null: until cleared. */
  remaining: number | null
  options: FaultOptions
  createdAt: number
}

type FaultRow = Omit<Fault, 'options'> & { options: string }

/** Whom a fault is asked about. A connection that has not said who it is has neither phone nor device. */
export type FaultTarget = {
  namespace: string
  phone?: string
  device?: number
  recipient?: string
  matches?: (fault: Fault) => boolean
}

export function insertFault(database: Database, fault: Omit<Fault, 'id' | 'createdAt'>): Fault {
  const sql =
    'INSERT INTO faults (namespace, kind, phone, device, recipient, remaining, options, createdAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
  const { namespace, kind, phone, device, recipient, remaining, options } = fault
  const createdAt = Date.now()
  const values = [namespace, kind, phone, device, recipient, remaining, JSON.stringify(options), createdAt]
  return { ...fault, id: database.run(sql, ...values).rowid, createdAt }
}

export function listFaults(database: Database, namespace: string): Fault[] {
  return database.all<FaultRow>('SELECT * FROM faults WHERE namespace = ? ORDER BY id', namespace).map(fromRow)
}

export function clearFaults(database: Database, namespace: string, id?: number): number {
  if (id === undefined) return database.run('DELETE FROM faults WHERE namespace = ?', namespace).changes
  return database.run('DELETE FROM faults WHERE namespace = ? AND id = ?', namespace, id).changes
}

/** The oldest matching fault, or undefined; its remaining count goes down and a used-up fault disappears. */
export function takeFault(database: Database, kind: FaultKind, target: FaultTarget): Fault | undefined {
  const sql = 'SELECT * FROM faults WHERE namespace = ? AND kind = ? ORDER BY id'
  const fault = database
    .all<FaultRow>(sql, target.namespace, kind)
    .map(fromRow)
    .find((candidate) => strikes(candidate, target))
  if (!fault) return undefined
  if (fault.remaining === 1) database.run('DELETE FROM faults WHERE id = ?', fault.id)
  else if (fault.remaining !== null) database.run('UPDATE faults SET remaining = remaining - 1 WHERE id = ?', fault.id)
  return fault
}

function strikes(fault: Fault, target: FaultTarget): boolean {
  if (fault.phone !== null && fault.phone !== target.phone) return false
  if (fault.device !== null && fault.device !== target.device) return false
  if (fault.recipient !== null && fault.recipient !== target.recipient) return false
  return target.matches?.(fault) ?? true
}

function fromRow(row: FaultRow): Fault {
  return { ...row, options: JSON.parse(row.options) as FaultOptions }
}
