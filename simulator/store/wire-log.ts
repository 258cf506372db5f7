import { createHash } from 'node:crypto'
import type { Stanza } from '../wire/codec.ts'
import type { Database } from './database.ts'

/** What one recipient of a message stanza got. `plaintextSha256` appears once a simulated phone has decrypted it. */
export type WireRecipient = {
  jid: string
  /** `msg` or `pkmsg`. */
  encType: string
  ciphertextSha256: string
  plaintextSha256?: string
  decryptError?: string
  duplicate?: boolean
}

export type WireEntry = {
  namespace: string | null
  direction: 'in' | 'out'
  phone?: string
  device?: number
  stanza: Stanza
  payload: Uint8Array
  recipients?: WireRecipient[]
  note?: string
}

type WireRow = {
  frame: number
  at: number
  direction: 'in' | 'out'
  phone: string | null
  device: number | null
  tag: string
  stanzaId: string | null
  attrs: string
  size: number
  bytesSha256: string
  recipients: string | null
  note: string | null
}

const KEEP_FRAMES = 300_000

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Appends one decrypted stanza and returns its frame number (grows over the whole server, never reused). */
export function logFrame(database: Database, entry: WireEntry): number {
  const { namespace, direction, phone, device, stanza, payload, recipients, note } = entry
  const sql = `INSERT INTO wire (namespace, at, direction, phone, device, tag, stanzaId, attrs, size, bytesSha256, recipients, note)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  const attrs = JSON.stringify(stanza.attrs)
  const list = recipients ? JSON.stringify(recipients) : null
  const { rowid } = database.run(
    sql,
    namespace,
    Date.now(),
    direction,
    phone ?? null,
    device ?? null,
    stanza.tag,
    stanza.attrs.id ?? null,
    attrs,
    payload.length,
    sha256(payload),
    list,
    note ?? null,
  )
  if (rowid % 10_000 === 0) database.run('DELETE FROM wire WHERE frame <= ?', rowid - KEEP_FRAMES)
  return rowid
}

function setRecipients(database: Database, frame: number, recipients: WireRecipient[]): void {
  database.run('UPDATE wire SET recipients = ? WHERE frame = ?', JSON.stringify(recipients), frame)
}

/** Merges what the phone `jid` made of its copy into the log line of the frame that carried it. */
export function noteDecryption(database: Database, frame: number, sha: string, outcome: Partial<WireRecipient>): void {
  const row = database.get<{ recipients: string | null }>('SELECT recipients FROM wire WHERE frame = ?', frame)
  if (!row?.recipients) return
  const recipients = JSON.parse(row.recipients) as WireRecipient[]
  const recipient = recipients.find((candidate) => candidate.ciphertextSha256 === sha)
  if (!recipient) return
  Object.assign(recipient, outcome)
  setRecipients(database, frame, recipients)
}

export function noteFrame(database: Database, frame: number, note: string): void {
  database.run('UPDATE wire SET note = ? WHERE frame = ?', note, frame)
}

export type WireFilter = {
  phone?: string
  device?: number
  since?: number
  limit: number
  tag?: string
  stanzaId?: string
}

/** Log lines after frame `since`, oldest first. */
export function readWire(database: Database, namespace: string, filter: WireFilter): unknown[] {
  const sql = `SELECT * FROM wire WHERE namespace = ? AND frame > ? AND (? IS NULL OR phone = ?) AND (? IS NULL OR device = ?)
    AND (? IS NULL OR tag = ?) AND (? IS NULL OR stanzaId = ?) ORDER BY frame LIMIT ?`
  const { phone = null, device = null, since = 0, limit, tag = null, stanzaId = null } = filter
  const rows = database.all<WireRow>(
    sql,
    namespace,
    since,
    phone,
    phone,
    device,
    device,
    tag,
    tag,
    stanzaId,
    stanzaId,
    limit,
  )
  return rows.map((row) => ({
    frame: row.frame,
    at: new Date(row.at).toISOString(),
    direction: row.direction,
    phone: row.phone,
    device: row.device,
    tag: row.tag,
    id: row.stanzaId,
    attrs: JSON.parse(row.attrs) as unknown,
    size: row.size,
    bytesSha256: row.bytesSha256,
    recipients: row.recipients ? (JSON.parse(row.recipients) as unknown) : null,
    note: row.note,
  }))
}
