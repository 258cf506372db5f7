import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'

const MARK = 'FLEETLINE_TEST_MARK'
/** What should have ended and did not is killed: the test then fails on its exit code. */
const DEADLINE_MS = 25_000

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** pids of whatever it started and left behind */
  readonly leftBehind: readonly number[]
}

/** Runs a program of this repository to its end. */
export const runProgram = async (
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; node?: string; cwd?: string } = {},
): Promise<Ended> => {
  const mark = randomUUID()
  const child = spawn(options.node ?? process.execPath, args, {
    cwd: options.cwd ?? process.cwd(),
    env: { ...process.env, ...options.env, [MARK]: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, stdout, stderr, leftBehind: processesMarked(mark) }
}

const processesMarked = (mark: string): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && environmentOf(pid).includes(`${MARK}=${mark}`))

const environmentOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return '' // ended meanwhile, or not ours to read
  }
}
