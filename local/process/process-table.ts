import type { ChildProcess } from 'node:child_process'

export interface ListedProcess {
  readonly name: string
  readonly kind: 'main' | 'guard' | 'dynamodb' | 'simulator' | 'worker'
  readonly pid: number
  readonly workerId?: string
}

/** The children that are alive now: what `GET /_local/processes` shows. */
export class ProcessTable {
  readonly #entries = new Map<number, ListedProcess>()

  add(child: ChildProcess, entry: Omit<ListedProcess, 'pid'>): void {
    const pid = child.pid
    if (pid === undefined) return
    this.#entries.set(pid, { ...entry, pid })
    child.once('exit', () => this.#entries.delete(pid))
  }

  list(): ListedProcess[] {
    return [...this.#entries.values()]
  }
}
