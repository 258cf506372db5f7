import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Database } from './database.ts'

/** An encrypted file on the media host. `gone` is 0, or the status its address answers with since it expired. */
export type Media = {
  id: string
  namespace: string
  phone: string
  kind: string
  size: number
  gone: number
  createdAt: number
}

/** @param id the last part of the path; random unless given */
export function insertMedia(
  database: Database,
  media: { namespace: string; phone: string; kind: string; bytes: Uint8Array },
): Media {
  const id = randomBytes(18).toString('base64url')
  const { namespace, phone, kind, bytes } = media
  const sql = 'INSERT INTO media (id, namespace, phone, kind, bytes, gone, createdAt) VALUES (?, ?, ?, ?, ?, 0, ?)'
  database.run(sql, id, namespace, phone, kind, bytes, Date.now())
  return findMedia(database, id)!
}

const COLUMNS = 'id, namespace, phone, kind, length(bytes) AS size, gone, createdAt'

export function findMedia(database: Database, id: string): Media | undefined {
  return database.get<Media>(`SELECT ${COLUMNS} FROM media WHERE id = ?`, id)
}

export function listMedia(database: Database, namespace: string): Media[] {
  return database.all<Media>(`SELECT ${COLUMNS} FROM media WHERE namespace = ? ORDER BY createdAt, id`, namespace)
}

export function mediaBytes(database: Database, id: string): Uint8Array | undefined {
  return database.get<{ bytes: Uint8Array }>('SELECT bytes FROM media WHERE id = ?', id)?.bytes
}

export function expireMedia(database: Database, id: string, status: 404 | 410): void {
  database.run('UPDATE media SET gone = ? WHERE id = ?', status, id)
}

export function directPathOf({ id }: { id: string }): string {
  return `/v/t62.7118-24/${id}.enc?ccb=11-4&oh=sim&oe=sim`
}

export function mediaIdOf(path: string): string | undefined {
  return /\/v\/t62\.7118-24\/([A-Za-z0-9_-]+)\.enc/.exec(path)?.[1]
}

/** What `media_conn` gives a device and every upload shows: the device number, signed. */
export function mediaTicket(database: Database, deviceId: number): string {
  return `${deviceId}.${createHmac('sha256', ticketKey(database)).update(String(deviceId)).digest('hex').slice(0, 32)}`
}

/** The device a ticket was given to; undefined for one we never gave. */
export function deviceOfTicket(database: Database, ticket: string): number | undefined {
  const deviceId = Number(ticket.split('.')[0])
  if (!Number.isInteger(deviceId)) return undefined
  const expected = Buffer.from(mediaTicket(database, deviceId))
  const given = Buffer.from(ticket)
  return expected.length === given.length && timingSafeEqual(expected, given) ? deviceId : undefined
}

function ticketKey(database: Database): Uint8Array {
  database.run("INSERT OR IGNORE INTO meta VALUES ('media-ticket-key', ?)", randomBytes(32))
  return database.get<{ value: Uint8Array }>("SELECT value FROM meta WHERE key = 'media-ticket-key'")!.value
}
