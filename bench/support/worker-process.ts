import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestFleet, until } from '../../session-task/testing/test-fleet.ts'
import { newId } from '../../shared/core/ids.ts'
import { WORKER_NODE_OPTIONS } from '../../shared/fleet/worker-command.ts'

const TICKS_PER_SECOND = 100

/** CPU that a process has used, user and system. Linux only. */
export const cpuMsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND
}

export const rssMbOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024

/** Of the processes that it started. */
export const rssMbOfChildren = (pid: number): number => {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    childrenOf(`/proc/${pid}/task/${thread}/children`),
  )
  return children.reduce((sum, each) => sum + rssOrNone(each), 0)
}
const childrenOf = (path: string): number[] => {
  try {
    return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch (error) {
    // The thread ended at this moment.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
const rssOrNone = (pid: number): number => {
  try {
    return rssMbOf(pid)
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return 0
    throw error
  }
}

export interface WorkerProcess {
  readonly id: string
  readonly queueUrl: string
  readonly pid: number
  kill(): Promise<void>
}

/** The worker as it is deployed, in a process of its own, on the fleet's emulators. */
export const startWorkerProcess = async (
  fleet: TestFleet,
  options: {
    capacity: number
    nodeOptions?: readonly string[]
    env?: Readonly<Record<string, string>>
  },
): Promise<WorkerProcess> => {
  const id = newId('wrk')
  const child: ChildProcess = spawn(
    process.execPath,
    [...WORKER_NODE_OPTIONS, ...(options.nodeOptions ?? []), join(import.meta.dirname, '../../session-task/main.ts')],
    {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: {
        PATH: process.env.PATH,
        ...fleet.cloud.env,
        WORKER_ID: id,
        WORKER_MODE: 'test',
        WORKER_CAPACITY: String(options.capacity),
        WORKER_QUEUE_PREFIX: 'process-',
        HINTS_QUEUE_URL: fleet.hintsQueueUrl,
        EVENT_BUS: 'fleetline',
        HEARTBEAT_FILE: '',
        LOG_LEVEL: 'error',
        WA_TEST_URL: fleet.simulator.socketUrl,
        WA_TEST_TRUST_ROOT: fleet.simulator.trustRootHex,
        ...options.env,
      },
    },
  )
  const exited = once(child, 'exit')
  const row = await until('the worker is READY', async () => {
    if (child.exitCode !== null) throw new Error(`the worker ended with code ${child.exitCode}`)
    const found = await fleet.workers.get(id)
    return found?.status === 'READY' ? found : null
  })
  return {
    id,
    queueUrl: row.queueUrl ?? '',
    pid: child.pid ?? 0,
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Links phones side by side. @returns session ids in their order */
export const linkAll = async (
  fleet: TestFleet,
  worker: WorkerProcess,
  phones: readonly string[],
  width = 6,
): Promise<string[]> => {
  const sessions = new Map<string, string>()
  const waiting = [...phones]
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let phone = waiting.shift(); phone; phone = waiting.shift())
        sessions.set(phone, await fleet.linkSession(worker, phone))
    }),
  )
  return phones.map((phone) => sessions.get(phone)!)
}
