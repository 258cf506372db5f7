import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/**
 * Reads "+pid" and "-pid" lines; when its input ends (our process is gone, whatever killed it) every pid that is still on
 * the list gets SIGKILL. A shell, because it must be small and must not share our fate.
 */
const WATCHDOG = `
pids=""
while read -r line; do
  pid="\${line#?}"
  case "$line" in
    +*) pids="$pids $pid" ;;
    -*) next=""; for p in $pids; do [ "$p" = "$pid" ] || next="$next $p"; done; pids="$next" ;;
  esac
done
for p in $pids; do kill -9 "-$p" 2>/dev/null || kill -9 "$p" 2>/dev/null; done
`

/** Waits for one line on fd 3 before it becomes the command: nothing runs before the watchdog knows its pid. */
const GATE = 'read -r _ <&3 || exit 1; exec 3<&-; exec "$@"'

export interface SpawnOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** A child with piped output and no input. */
export interface GuardedChild extends ChildProcess {
  readonly stdout: Readable
  readonly stderr: Readable
}

/**
 * Starts children that never outlive us. They get process groups of their own, so that Ctrl-C reaches only us and we end
 * them in order; if we are killed without a chance to do that, the watchdog does.
 */
export class Guard {
  readonly #watchdog: ChildProcess

  constructor() {
    this.#watchdog = spawn('/bin/sh', ['-c', WATCHDOG], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    this.#watchdog.stdin!.on('error', () => {}) // the watchdog was killed: children are ended by us alone from now on
    this.#watchdog.unref()
  }

  get process(): ChildProcess {
    return this.#watchdog
  }

  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): GuardedChild {
    const child = spawn('/bin/sh', ['-c', GATE, 'fleetline', command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
      env: options.env ?? process.env,
      cwd: options.cwd,
    }) as unknown as GuardedChild
    const { pid } = child
    if (pid === undefined) return child
    this.#watchdog.stdin!.write(`+${pid}\n`)
    child.once('exit', () => this.#watchdog.stdin!.write(`-${pid}\n`))
    const gate = child.stdio[3] as Writable
    gate.on('error', () => {}) // the child ended before it was let through; its exit event says so
    gate.end('go\n')
    return child
  }

  /** Ends the watchdog; call when all children are gone. */
  stop(): void {
    this.#watchdog.stdin!.end()
  }
}

/** SIGTERM, then SIGKILL when it takes longer than `graceMs`. Resolves when the process is gone. */
export const endProcess = (child: ChildProcess, graceMs: number): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resolve()
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
