import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../cli/user-error.ts'
import { type DynamoDbEngine, findDynamoDb } from './dynamodb-engine.ts'
import { freePort } from './free-port.ts'
import { type CloudLog, silent } from './log.ts'

export interface DynamoDb {
  readonly url: string
  readonly pid: number
  readonly kind: DynamoDbEngine['kind']
  stop(): Promise<void>
}

const SEE_LOG = 'see log.txt in the data directory; npm run reset if its data is damaged'
/** Java on a busy machine takes several seconds. */
const READY_DEADLINE_MS = 30_000
/**
 * Starts the emulator, in memory or on a database file that survives SIGKILL.
 * @param input.engine the one found on this machine unless given
 * @param input.spawnChild how to start a child that dies with us; a plain spawn in tests
 */
export const startDynamoDb = async (input: {
  engine?: DynamoDbEngine
  dataDir?: string
  port?: number
  log?: CloudLog
  spawnChild?: (command: string, args: readonly string[]) => ChildProcess
}): Promise<DynamoDb> => {
  const log = input.log ?? silent
  const port = input.port ?? (await freePort())
  const engine = input.engine ?? findDynamoDb(process.env)
  const spawnChild =
    input.spawnChild ?? ((command, list) => spawn(command, list, { stdio: ['ignore', 'pipe', 'pipe'] }))
  const child = spawnChild(...commandOf(engine, port, input.dataDir))
  child.stdout?.on('data', (chunk) => log(`dynamodb: ${String(chunk).trim()}`))
  child.stderr?.on('data', (chunk) => log(`dynamodb: ${String(chunk).trim()}`))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  await waitUntilAnswering(url, child)
  return {
    url,
    pid: child.pid!,
    kind: engine.kind,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** Neither can read the other's files, so each has its own name in the data directory. */
const commandOf = (engine: DynamoDbEngine, port: number, dataDir?: string): [string, string[]] => {
  if (engine.kind === 'dynoxide') {
    const storage = dataDir ? ['--db-path', join(dataDir, 'dynamodb.db')] : []
    return [engine.binary, ['--host', '127.0.0.1', '--port', String(port), ...storage]]
  }
  const path = dataDir && join(dataDir, 'dynamodb-local')
  if (path) mkdirSync(path, { recursive: true })
  const storage = path ? ['-dbPath', path] : ['-inMemory']
  const library = `-Djava.library.path=${join(engine.directory, 'DynamoDBLocal_lib')}`
  const jar = join(engine.directory, 'DynamoDBLocal.jar')
  return [engine.java, [library, '-jar', jar, '-port', String(port), '-sharedDb', '-disableTelemetry', ...storage]]
}

const waitUntilAnswering = async (url: string, child: ChildProcess): Promise<void> => {
  const until = Date.now() + READY_DEADLINE_MS
  for (;;) {
    if (child.exitCode !== null)
      throw new UserError(`the DynamoDB emulator ended at once (exit code ${child.exitCode}): ${SEE_LOG}`)
    try {
      await fetch(url, { method: 'POST' })
      return
    } catch (error) {
      if (Date.now() > until) throw new UserError(`the DynamoDB emulator does not answer: ${SEE_LOG}`, { cause: error })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}
