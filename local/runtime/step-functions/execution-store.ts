import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'

export interface ExecutionRecord {
  readonly machine: string
  readonly name: string
  readonly status: ExecutionStatus
  readonly input: string
  readonly output: string | null
  readonly error: string | null
  readonly cause: string | null
  readonly startedAt: number
  readonly stoppedAt: number | null
}

/** Executions and their burnt names. What ran when we were killed is ABORTED at the next start; its name stays burnt. */
export class ExecutionStore {
  readonly #db: DatabaseSync

  constructor(dataDir?: string) {
    if (dataDir) mkdirSync(dataDir, { recursive: true })
    this.#db = new DatabaseSync(dataDir ? join(dataDir, 'executions.db') : ':memory:')
    this.#db.exec(`
      PRAGMA journal_mode = WAL;
      CREATE TABLE IF NOT EXISTS executions (machine TEXT, name TEXT, status TEXT, input TEXT, output TEXT, error TEXT,
        cause TEXT, startedAt INTEGER, stoppedAt INTEGER, PRIMARY KEY (machine, name));
    `)
    this.#db.prepare("UPDATE executions SET status = 'ABORTED', stoppedAt = ? WHERE status = 'RUNNING'").run(Date.now())
  }

  start(machine: string, name: string, input: string): void {
    this.#db
      .prepare("INSERT INTO executions VALUES (?, ?, 'RUNNING', ?, NULL, NULL, NULL, ?, NULL)")
      .run(machine, name, input, Date.now())
  }

  finish(
    machine: string,
    name: string,
    end: { status: ExecutionStatus; output?: string; error?: string; cause?: string },
  ): void {
    this.#db
      .prepare(
        'UPDATE executions SET status = ?, output = ?, error = ?, cause = ?, stoppedAt = ? WHERE machine = ? AND name = ?',
      )
      .run(end.status, end.output ?? null, end.error ?? null, end.cause ?? null, Date.now(), machine, name)
  }

  find(machine: string, name: string): ExecutionRecord | null {
    const row = this.#db.prepare('SELECT * FROM executions WHERE machine = ? AND name = ?').get(machine, name)
    return (row as unknown as ExecutionRecord | undefined) ?? null
  }

  list(machine: string | null, limit = 100): ExecutionRecord[] {
    const rows = machine
      ? this.#db
          .prepare('SELECT * FROM executions WHERE machine = ? ORDER BY startedAt DESC LIMIT ?')
          .all(machine, limit)
      : this.#db.prepare('SELECT * FROM executions ORDER BY startedAt DESC LIMIT ?').all(limit)
    return rows as unknown as ExecutionRecord[]
  }

  close(): void {
    this.#db.close()
  }
}
