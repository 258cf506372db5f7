import { createRequire } from 'node:module'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { ADDED_COLUMNS, SCHEMA } from './schema.ts'

export type Value = string | number | null | Uint8Array

/**
 * One SQLite file (or memory). Every method is synchronous, so whatever runs inside `transaction` is on disk as a whole or
 * not at all when the process is killed.
 */
export class Database {
  readonly #sqlite: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #depth = 0

  /** @param path a file, or ':memory:'. Throws with a readable message if the file is not a simulator database. */
  constructor(path: string) {
    this.#sqlite = openQuietly(path)
    try {
      // The lock keeps a second simulator off the same file and dies with its process, however that dies. Process death needs
      // no fsync either; only a power cut could lose the last commits of this test double.
      this.#sqlite.exec('PRAGMA busy_timeout=1000; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;')
      this.#sqlite.exec(`PRAGMA synchronous=OFF; ${SCHEMA}`)
      this.#addColumns()
    } catch (error) {
      this.#sqlite.close()
      throw new Error(`The simulator's data file ${path} cannot be opened: ${explain(error as Error)}`)
    }
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[]
  }

  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined
  }

  /** Number of changed rows and the last inserted rowid. */
  run(sql: string, ...values: Value[]): { changes: number; rowid: number } {
    const result = this.#prepare(sql).run(...values)
    return { changes: Number(result.changes), rowid: Number(result.lastInsertRowid) }
  }

  /** Runs synchronous work atomically; an inner call joins the outer transaction. */
  transaction<Result>(work: () => Result): Result {
    if (this.#depth > 0) return work()
    this.#sqlite.exec('BEGIN IMMEDIATE')
    this.#depth += 1
    try {
      const result = work()
      this.#sqlite.exec('COMMIT')
      return result
    } catch (error) {
      this.#sqlite.exec('ROLLBACK')
      throw error
    } finally {
      this.#depth -= 1
    }
  }

  /** A data folder of an older simulator lacks what was added since. */
  #addColumns(): void {
    for (const [table, column, definition] of ADDED_COLUMNS) {
      const known = this.all<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`)
      if (!known.some(({ name }) => name === column))
        this.#sqlite.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${definition}`)
    }
  }

  close(): void {
    this.#statements.clear()
    this.#sqlite.close()
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) this.#statements.set(sql, (statement = this.#sqlite.prepare(sql)))
    return statement
  }
}

/** node:sqlite announces itself as experimental on stderr at first import; the simulator's stderr is for its user. */
function openQuietly(path: string): DatabaseSync {
  const emitWarning = process.emitWarning
  process.emitWarning = () => {}
  try {
    const sqlite = createRequire(import.meta.url)('node:sqlite') as typeof import('node:sqlite')
    return new sqlite.DatabaseSync(path)
  } finally {
    process.emitWarning = emitWarning
  }
}

function explain({ message }: Error): string {
  if (message.includes('locked')) return 'another simulator is using it. Stop that one, or choose another folder.'
  return `${message}. Delete it to start afresh.`
}
