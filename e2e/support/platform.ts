import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The one line of `npm start -- --json`. */
export interface Ready {
  readonly event: 'ready'
  readonly apiUrl: string
  readonly adminKey: string
  readonly testKey: string
  readonly liveKey: string
  readonly simulator: { readonly controlUrl: string; readonly socketUrl: string; readonly trustRootHex: string }
  readonly localUrl: string
}

export interface LocalProcess {
  readonly name: string
  readonly kind: string
  readonly pid: number
  readonly workerId?: string
}

export interface Platform {
  readonly ready: Ready
  readonly readyMs: number
  readonly pid: number
  readonly dataDir: string
  processes(): Promise<LocalProcess[]>
  /** Ctrl-C; resolves when the process is gone */
  stop(): Promise<void>
  /** SIGKILL of `npm start` alone; its children must follow by themselves */
  kill(): Promise<void>
}

export const temporaryDataDir = (): string => mkdtempSync(join(tmpdir(), 'fleetline-e2e-'))
export const removeDataDir = (dataDir: string): void => rmSync(dataDir, { recursive: true, force: true })

/** Starts the whole embedded cloud as its own process. @throws with what it printed, when it does not get ready */
export const startPlatform = async (options: {
  dataDir: string
  args?: readonly string[]
  env?: Record<string, string>
  readyDeadlineMs?: number
}): Promise<Platform> => {
  const deployed = process.env.FLEETLINE_E2E_READY
  if (deployed) return useDeployed(JSON.parse(readFileSync(deployed, 'utf8')), options.dataDir)
  const started = Date.now()
  const child = spawn(
    process.execPath,
    ['local/main.ts', '--json', '--port', '0', '--data-dir', options.dataDir, ...(options.args ?? [])],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } },
  )
  const errors: string[] = []
  createInterface({ input: child.stderr! }).on('line', (line) => {
    errors.push(line)
    if (errors.length > 200) errors.shift()
    if (process.env.FLEETLINE_E2E_VERBOSE) process.stderr.write(`  | ${line}\n`)
  })
  const ready = await readReady(child, errors, options.readyDeadlineMs ?? 120_000)
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await gone
  }
  return {
    ready,
    readyMs: Date.now() - started,
    pid: child.pid!,
    dataDir: options.dataDir,
    processes: async () => {
      const answer = await fetch(`${ready.localUrl}/_local/processes`)
      const body = (await answer.json()) as { data?: LocalProcess[] } | LocalProcess[]
      return Array.isArray(body) ? body : (body.data ?? [])
    },
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
  }
}

/** A platform that runs already (FLEETLINE_E2E_READY names a file with its ready line). It is neither seen into nor stopped. */
const useDeployed = (ready: Ready, dataDir: string): Platform => ({
  ready,
  readyMs: 0,
  pid: 0,
  dataDir,
  processes: async () => [],
  stop: async () => {},
  kill: () => Promise.reject(new Error('a deployed platform cannot be killed from a test')),
})

const readReady = (child: ChildProcess, errors: readonly string[], deadlineMs: number): Promise<Ready> =>
  new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`npm start ${why}\n${errors.join('\n')}`))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail(`was not ready after ${deadlineMs / 1000} s`)
    }, deadlineMs)
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(`ended with code ${code}`)
    })
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (!line.startsWith('{')) return
      const parsed = JSON.parse(line)
      if (parsed.event !== 'ready') return
      clearTimeout(timer)
      resolve(parsed)
    })
  })

/** True while a process with this pid exists (zombies of our own children do not count as alive). */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
