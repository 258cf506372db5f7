import type { Log } from '../../shared/log/log.ts'
import type { Owner } from '../../shared/store/rows/session.ts'
import type { Workers } from '../../shared/store/workers.ts'

/** `used` is kept by many transactions; what ASSIGNED holds is right, when both differ alike twice in a row. */
export class UsedCounter {
  readonly #workers: Workers
  readonly #log: Log
  #differing: number | null = null

  constructor(workers: Workers, log: Log) {
    this.#workers = workers
    this.#log = log
  }

  /** @param used what the row says @param held rows of ASSIGNED, read after it */
  async compare({ workerId, incarnation }: Owner, used: number, held: number): Promise<void> {
    if (used === held) {
      this.#differing = null
      return
    }
    if (this.#differing !== used - held) {
      this.#differing = used - held
      return
    }
    this.#log.warn({ used, held }, 'the counter of sessions was wrong twice, corrected')
    await this.#workers.correctUsed(workerId, incarnation, used, held)
    this.#differing = null
  }
}
