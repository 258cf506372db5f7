import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { UserError } from '../cli/user-error.ts'

const SQLITE_MAGIC = 'SQLite format 3\0'
/** Above this the whole file is not read at each start, only its header and schema. */
const FULL_CHECK_LIMIT_BYTES = 64 * 1024 * 1024
export const LOCK = 'lock.db'
const FOLDERS = ['.', 'sqs', 'simulator', 'dynamodb-local']

/**
 * Finds truncated and overwritten files before anything is started on them. @throws UserError naming the first one
 */
export const checkData = (dataDir: string): void => {
  for (const folder of FOLDERS) {
    const path = join(dataDir, folder)
    if (!existsSync(path)) continue
    for (const name of readdirSync(path)) {
      const file = join(path, name)
      // Opening and closing the lock's file here would give the lock back (POSIX locks belong to the process).
      if (name === LOCK) continue
      const problem = name.endsWith('.json')
        ? jsonProblem(file)
        : /\.(db|sqlite)$/.test(name)
          ? databaseProblem(file)
          : ''
      if (problem)
        throw new UserError(
          `${file} is damaged (${problem}): npm run reset clears the data directory, npm start -- --fresh starts over`,
        )
    }
  }
}

const jsonProblem = (file: string): string => {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8'))
    return value !== null && typeof value === 'object' ? '' : 'not a JSON object'
  } catch (error) {
    return (error as Error).message
  }
}

const databaseProblem = (file: string): string => {
  const { size } = statSync(file)
  if (size === 0) return '' // made, and killed before the first write: as good as absent
  if (readStart(file) !== SQLITE_MAGIC) return 'not a database'
  try {
    // Not read-only: what SIGKILL left in the write-ahead log belongs to what is checked.
    const database = new DatabaseSync(file)
    try {
      database.exec('PRAGMA busy_timeout = 5000')
      if (size > FULL_CHECK_LIMIT_BYTES)
        return String(database.prepare('SELECT count(*) FROM sqlite_schema').get()) && ''
      const result = String(database.prepare('PRAGMA quick_check(1)').get()?.quick_check)
      return result === 'ok' ? '' : result.split('\n').at(-1)!
    } finally {
      database.close()
    }
  } catch (error) {
    return (error as Error).message
  }
}

const readStart = (file: string): string => {
  const start = Buffer.alloc(SQLITE_MAGIC.length)
  const descriptor = openSync(file, 'r')
  readSync(descriptor, start)
  closeSync(descriptor)
  return start.toString('latin1')
}
