import { fullJitterMs } from '../../shared/core/backoff.ts'
import { steadyNow } from '../auth-log/steady-now.ts'
import { HelperError } from '../media/helper.ts'

/** some six minutes: a media host that is away for one is nothing unusual */
const TRIES = 8
const BASE_MS = 2_000
const CAP_MS = 5 * 60_000

/** What the file system says when there is no room, or no right to write. */
const DISK_CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE'])

/**
 * Whose trouble it is that a file is not there yet. `theirs`: WhatsApp's or the file's own, some tries are enough to know.
 * `disk`, `ours`: a full disk, a bucket or a table that is away; the file is still at WhatsApp, and nobody may lose it for that.
 */
export type MediaTrouble = 'disk' | 'ours' | 'theirs'

export const troubleOf = (error: unknown, isAtWhatsApp: boolean): MediaTrouble => {
  const code = error instanceof HelperError ? error.reason : (error as { code?: unknown } | null)?.code
  if (DISK_CODES.has(code)) return 'disk'
  // What ends a helper again and again may be the file itself.
  const isOfTheFile = error instanceof HelperError && (error.code === 'crashed' || error.code === 'timed_out')
  return isAtWhatsApp || isOfTheFile ? 'theirs' : 'ours'
}

/** The files of a session that wait for their next try, each by itself. */
export class MediaTries {
  readonly #waiting = new Map<string, { theirs: number; ours: number; until: number }>()
  readonly #baseMs: number

  constructor(baseMs = BASE_MS) {
    this.#baseMs = baseMs
  }

  /** @returns ms until the next try; 0: now */
  waitMs(mediaId: string): number {
    return Math.max(0, (this.#waiting.get(mediaId)?.until ?? 0) - steadyNow())
  }

  /** @returns how long to wait before the next try, in ms; null: there is no use in another one */
  note(mediaId: string, trouble: MediaTrouble, random: number): number | null {
    const { theirs, ours } = this.#waiting.get(mediaId) ?? { theirs: 0, ours: 0 }
    const next = trouble === 'theirs' ? { theirs: theirs + 1, ours } : { theirs, ours: ours + 1 }
    if (next.theirs >= TRIES) return null
    const tries = trouble === 'theirs' ? next.theirs : next.ours
    const delayMs = fullJitterMs(tries, this.#baseMs, CAP_MS, 0.5 + random / 2)
    this.#waiting.set(mediaId, { ...next, until: steadyNow() + delayMs })
    return delayMs
  }

  forget(mediaId: string): void {
    this.#waiting.delete(mediaId)
  }
}
