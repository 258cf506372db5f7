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
  const args = [join(input.root, 'simulator/main.ts'), '--json', '--data-dir', join(input.dataDir, 'simulator')]
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
  return { ...ready, stop: () => endProcess(child, STOP_GRACE_MS) }
}
