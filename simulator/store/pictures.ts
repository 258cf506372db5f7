import { randomInt } from 'node:crypto'
import type { Database } from './database.ts'

/** Profile picture of a phone (`5511…`) or a group (its address). */
export type Picture = { namespace: string; owner: string; id: string }

const PATH = /^\/pps\/([0-9]+)\.jpg$/

export function putPicture(database: Database, namespace: string, owner: string, bytes: Uint8Array): Picture {
  const id = String(randomInt(1e9, 1e12))
  const sql = `INSERT INTO pictures VALUES (?, ?, ?, ?)
    ON CONFLICT (namespace, owner) DO UPDATE SET id = excluded.id, bytes = excluded.bytes`
  database.run(sql, namespace, owner, id, bytes)
  return { namespace, owner, id }
}

export function findPicture(database: Database, namespace: string, owner: string): Picture | undefined {
  const sql = 'SELECT namespace, owner, id FROM pictures WHERE namespace = ? AND owner = ?'
  return database.get<Picture>(sql, namespace, owner)
}

export function dropPicture(database: Database, namespace: string, owner: string): void {
  database.run('DELETE FROM pictures WHERE namespace = ? AND owner = ?', namespace, owner)
}

export function picturePathOf({ id }: Picture): string {
  return `/pps/${id}.jpg`
}

export function pictureOfPath(database: Database, path: string): Uint8Array | undefined {
  const id = PATH.exec(path)?.[1]
  if (id === undefined) return undefined
  return database.get<{ bytes: Uint8Array }>('SELECT bytes FROM pictures WHERE id = ?', id)?.bytes
}
