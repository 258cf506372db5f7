import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { UserError } from '../cli/user-error.ts'
import { endProcess, type Guard } from '../process/guard.ts'
import type { ProcessTable } from '../process/process-table.ts'
import type { LocalLog } from './local-log.ts'

export interface WhatsAppServer {
  readonly controlUrl: string
  readonly socketUrl: string
  readonly trustRootHex: string
  /** CA of its media host; absent: one that everybody trusts */
  readonly mediaCaPem?: string
  readonly mediaUrl?: string
  stop(): Promise<void>
}

const READY_DEADLINE_MS = 20_000
const STOP_GRACE_MS = 5_000

/** The simulated WhatsApp, as a process of its own with its state in the data directory. */
export const startSimulatorProcess = async (input: {
  root: string
  dataDir: string
  guard: Guard
  processes: ProcessTable
  log: LocalLog
}): Promise<WhatsAppServer> => {
  // Addresses of files name the port of their host: it stays the same as long as nobody else took it.
  const portFile = join(input.dataDir, 'simulator-media-port')
  const mediaPort = await keptPort(portFile)
  const args = [
    join(input.root, 'simulator/main.ts'),
    '--json',
    '--data-dir',
    join(input.dataDir, 'simulator'),
    '--media-port',
    String(mediaPort),
  ]
  const child = input.guard.spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: input.root,
  })
  input.processes.add(child, { name: 'simulator', kind: 'simulator' })
  createInterface({ input: child.stderr }).on('line', (line) => input.log.line('simulator', line))
  const ready = await new Promise<Omit<WhatsAppServer, 'stop'>>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new UserError('the simulated WhatsApp does not get ready')),
      READY_DEADLINE_MS,
    )
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(
        new UserError(`the simulated WhatsApp ended at once (exit code ${code}): npm run reset if its data is damaged`),
      )
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"event":"ready"')) return input.log.line('simulator', line)
      clearTimeout(timer)
      resolve(JSON.parse(line))
    })
  })
  if (ready.mediaUrl) writeFileSync(portFile, new URL(ready.mediaUrl).port)
  return { ...ready, stop: () => endProcess(child, STOP_GRACE_MS) }
}

/** The port in the file when it is free, else 0: any. */
const keptPort = async (file: string): Promise<number> => {
  let port: number
  try {
    port = Number(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return 0
  const probe = createServer()
  const { promise, resolve } = Promise.withResolvers<number>()
  probe.once('error', () => resolve(0))
  probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)))
  return promise
}
