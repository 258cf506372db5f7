import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort } from './free-port.ts'
import { type CloudLog, silent } from './log.ts'

export interface DynamoDb {
  readonly url: string
  readonly pid: number
  readonly kind: 'dynoxide'
  stop(): Promise<void>
}

const READY_DEADLINE_MS = 10_000
const MISSING =
  'The DynamoDB emulator for this platform is missing (npm package @dynoxide/linux-x64). Run `npm install` without --omit=optional on Linux x64; other platforms: see the support matrix in README.md'

/** Path of the emulator's native binary. @throws one line that says what to do */
export const findDynoxide = (): string => {
  try {
    const manifest = createRequire(import.meta.url).resolve('@dynoxide/linux-x64/package.json')
    const binary = join(dirname(manifest), 'dynoxide')
    if (existsSync(binary)) return binary
  } catch (error) {
    throw new Error(MISSING, { cause: error })
  }
  throw new Error(MISSING)
}

/**
 * Starts Dynoxide, in memory or on a database file that survives SIGKILL.
 * @param input.spawnChild how to start a child that dies with us; a plain spawn in tests
 */
export const startDynamoDb = async (input: {
  dataDir?: string
  port?: number
  log?: CloudLog
  spawnChild?: (command: string, args: readonly string[]) => ChildProcess
}): Promise<DynamoDb> => {
  const log = input.log ?? silent
  const port = input.port ?? (await freePort())
  const args = ['--host', '127.0.0.1', '--port', String(port)]
  if (input.dataDir) args.push('--db-path', join(input.dataDir, 'dynamodb.db'))
  const spawnChild =
    input.spawnChild ?? ((command, list) => spawn(command, list, { stdio: ['ignore', 'pipe', 'pipe'] }))
  const child = spawnChild(findDynoxide(), args)
  child.stdout?.on('data', (chunk) => log(`dynamodb: ${String(chunk).trim()}`))
  child.stderr?.on('data', (chunk) => log(`dynamodb: ${String(chunk).trim()}`))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  await waitUntilAnswering(url, child)
  return {
    url,
    pid: child.pid!,
    kind: 'dynoxide',
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}

const waitUntilAnswering = async (url: string, child: ChildProcess): Promise<void> => {
  const until = Date.now() + READY_DEADLINE_MS
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the DynamoDB emulator ended at once (exit code ${child.exitCode})`)
    try {
      await fetch(url, { method: 'POST' })
      return
    } catch (error) {
      if (Date.now() > until) throw new Error('the DynamoDB emulator does not answer', { cause: error })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}
