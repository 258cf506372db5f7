import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { HelperAnswer, StartChannel } from './helper.ts'

/** The bundle holds the entries beside its main file; the sources hold them beside this one. */
export const entryUrl = (name: string): URL =>
  new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.mjs'}`, import.meta.url)

/** Files pass through in pieces: short-lived memory needs little room. */
const YOUNG_MB = 4

/** @param heapMb what its JavaScript may take before the thread ends */
export const threadChannel =
  (entry: URL, heapMb: number): StartChannel =>
  ({ onMessage, onEnd }) => {
    const thread = new Worker(entry, {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 3 * YOUNG_MB },
    })
    let reason = 'no reason'
    thread.on('message', onMessage)
    thread.on('error', (error) => (reason = String(error)))
    thread.on('exit', (code) => onEnd(`${reason}, code ${code}`))
    return {
      post: (message) => thread.postMessage(message),
      hold: (isBusy) => (isBusy ? thread.ref() : thread.unref()),
      kill: () => void thread.terminate(),
    }
  }

/** Only what finding programs and libraries takes: the process has no business with credentials. */
const ENVIRONMENT = ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'TZ', 'NODE_ENV']

/** A process ends with a signal where a thread would take its whole worker along: native code, the out-of-memory killer. */
export const processChannel =
  (entry: URL, heapMb: number): StartChannel =>
  ({ onMessage, onEnd }) => {
    const child = fork(fileURLToPath(entry), [], {
      execArgv: [`--max-old-space-size=${heapMb}`, `--max-semi-space-size=${YOUNG_MB}`],
      env: Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]])),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    })
    child.on('message', (message) => onMessage(message as HelperAnswer))
    child.on('error', (error) => onEnd(String(error)))
    child.on('exit', (code, signal) => onEnd(`code ${code}, signal ${signal}`))
    return {
      pid: child.pid,
      // A process that ends at this moment is told by 'exit'.
      post: (message) => void child.send(message as object, () => {}),
      hold: (isBusy) => {
        if (isBusy) child.ref()
        else child.unref()
        if (isBusy) child.channel?.ref()
        else child.channel?.unref()
      },
      kill: () => void child.kill('SIGKILL'),
    }
  }
