import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface StoredObject {
  readonly body: Uint8Array
  readonly etag: string
  readonly modifiedAt: number
}

export type PutOutcome =
  | { readonly outcome: 'written'; readonly etag: string }
  | { readonly outcome: 'preconditionFailed' }
  | { readonly outcome: 'noSuchKey' }

/**
 * Objects in one SQLite file. Check and write of a conditional PUT are one synchronous transaction: two writers can never
 * both win, which is what the fence of the auth log rests on. Every write is on disk before it is answered.
 */
export class S3Store {
  readonly #db: DatabaseSync

  constructor(dataDir?: string) {
    if (dataDir) mkdirSync(dataDir, { recursive: true })
    this.#db = new DatabaseSync(dataDir ? join(dataDir, 's3.db') : ':memory:')
    this.#db.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY) STRICT;
      CREATE TABLE IF NOT EXISTS objects (bucket TEXT, key TEXT, etag TEXT, size INTEGER, modifiedAt INTEGER, body BLOB,
        PRIMARY KEY (bucket, key)) STRICT, WITHOUT ROWID;
    `)
  }

  createBucket(name: string): void {
    this.#db.prepare('INSERT OR IGNORE INTO buckets VALUES (?)').run(name)
  }

  hasBucket(name: string): boolean {
    return this.#db.prepare('SELECT 1 FROM buckets WHERE name = ?').get(name) !== undefined
  }

  listBuckets(): string[] {
    return this.#db
      .prepare('SELECT name FROM buckets ORDER BY name')
      .all()
      .map((row) => String(row.name))
  }

  /** @param condition `ifNoneMatch: '*'` and `ifMatch: etag` as S3 has them */
  put(
    bucket: string,
    key: string,
    body: Uint8Array,
    condition: { ifNoneMatch?: string; ifMatch?: string },
  ): PutOutcome {
    const standing = this.#db.prepare('SELECT etag FROM objects WHERE bucket = ? AND key = ?').get(bucket, key)
    if (condition.ifNoneMatch === '*' && standing) return { outcome: 'preconditionFailed' }
    if (condition.ifMatch && !standing) return { outcome: 'noSuchKey' }
    if (condition.ifMatch && unquote(condition.ifMatch) !== unquote(String(standing?.etag)))
      return { outcome: 'preconditionFailed' }
    const etag = `"${createHash('md5').update(body).digest('hex')}"`
    this.#db
      .prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?)')
      .run(bucket, key, etag, body.length, Date.now(), body)
    return { outcome: 'written', etag }
  }

  get(bucket: string, key: string): StoredObject | null {
    const row = this.#db
      .prepare('SELECT body, etag, modifiedAt FROM objects WHERE bucket = ? AND key = ?')
      .get(bucket, key)
    return row ? { body: row.body as Uint8Array, etag: String(row.etag), modifiedAt: Number(row.modifiedAt) } : null
  }

  remove(bucket: string, key: string): void {
    this.#db.prepare('DELETE FROM objects WHERE bucket = ? AND key = ?').run(bucket, key)
  }

  /** Keys in UTF-8 order, strictly after `after`. */
  list(
    bucket: string,
    input: { prefix: string; after: string; limit: number },
  ): { key: string; etag: string; size: number; modifiedAt: number }[] {
    return this.#db
      .prepare(
        'SELECT key, etag, size, modifiedAt FROM objects WHERE bucket = ? AND key > ? AND substr(key, 1, ?) = ? ORDER BY key LIMIT ?',
      )
      .all(bucket, input.after, input.prefix.length, input.prefix, input.limit)
      .map((row) => ({
        key: String(row.key),
        etag: String(row.etag),
        size: Number(row.size),
        modifiedAt: Number(row.modifiedAt),
      }))
  }

  close(): void {
    this.#db.close()
  }
}

const unquote = (etag: string): string => etag.replace(/^(W\/)?"|"$/g, '')
