import { Fault } from '../core/fault.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { mediaReservationKey, mediaReservationPartition, quotaKey } from './keys.ts'
import { type Item, type Key, type Leg, transact } from './table.ts'
import type { Tables } from './tables.ts'

const TRIES = 5
/** How many expired reservations one refused reservation gives back before it looks again. */
const EXPIRED_AT_ONCE = 200
/** A page is a megabyte, some thousand reservations. */
const PAGES_AT_ONCE = 10

/**
 * Bytes of media that a tenant and mode keeps, against its quota `mediaBytes`. Every object has one reservation row,
 * written in one transaction with the sum: whoever repeats, crashes or races counts once.
 *
 * reserve (before the upload is allowed, with the size that was announced) → settle (the object is there: its real size
 * and how long it is kept) → release (it was deleted). A reservation whose time is over counts until somebody needs the
 * room: an upload that never came, or an object that the bucket's lifecycle removed, needs no sweeper.
 */
export class MediaQuota {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  /**
   * Takes room for one object. A repeated reservation of the same object with the same size changes nothing.
   * @param expiresAt epoch ms: from then on the room may be given to others, unless the object was settled
   * @throws Fault quota_exceeded
   */
  async reserve(input: {
    mediaId: string
    bytes: number
    maximum: number
    now: number
    expiresAt: number
  }): Promise<void> {
    if (await this.#resize(input.mediaId, input.bytes, input.expiresAt, input.maximum)) return
    // Refused: room that only waits for somebody to need it is given back once, then the answer stands.
    const freed = await this.releaseExpired(input.now)
    if (freed > 0 && (await this.#resize(input.mediaId, input.bytes, input.expiresAt, input.maximum))) return
    const used = await this.used()
    throw new Fault('quota_exceeded', {
      detail: `This tenant keeps ${used} of ${input.maximum} bytes of ${this.#scope.mode} media; ${input.bytes} more do not fit: delete media, or ask for more.`,
      limit: { name: 'mediaBytes', maximum: input.maximum },
    })
  }

  /**
   * The object is there. Its real size counts from now on, also beyond the quota: it is already stored, and inbound media
   * is never refused. Also for objects that nobody reserved (inbound media).
   * @param keptUntil epoch ms: when the bucket's lifecycle removes the object
   */
  async settle(input: { mediaId: string; bytes: number; keptUntil: number }): Promise<void> {
    await this.#resize(input.mediaId, input.bytes, input.keptUntil, Number.MAX_SAFE_INTEGER)
  }

  /** The object is gone, or its upload failed. Releasing twice gives back once. */
  async release(mediaId: string): Promise<void> {
    await this.#remove(mediaId, () => true)
  }

  /** Ids of files that have room, whether they are there or not. */
  async list(limit: number): Promise<string[]> {
    const page = await this.#tables.core.query({
      key: { expression: '#pk = :pk', values: { ':pk': mediaReservationPartition(this.#scope) } },
      limit,
    })
    return page.items.map((item) => String(item.sk))
  }

  async used(): Promise<number> {
    const item = await this.#tables.core.get(quotaKey(this.#scope))
    return typeof item?.mediaBytes === 'number' ? item.mediaBytes : 0
  }

  /** Gives back the room of reservations whose time is over. @returns how many */
  async releaseExpired(now: number): Promise<number> {
    let released = 0
    let after: Item | undefined
    for (let pages = 0; pages < PAGES_AT_ONCE && released < EXPIRED_AT_ONCE; pages++) {
      const page = await this.#tables.core.query({
        key: { expression: '#pk = :pk', values: { ':pk': mediaReservationPartition(this.#scope) } },
        filter: { expression: '#expiresAt <= :now', values: { ':now': now } },
        after,
      })
      for (const item of page.items.slice(0, EXPIRED_AT_ONCE - released))
        if (await this.#remove(String(item.sk), (row) => Number(row.expiresAt) <= now)) released++
      if (!page.lastKey) break
      after = page.lastKey
    }
    return released
  }

  /** @returns false when the sum would be more than `maximum` */
  async #resize(mediaId: string, bytes: number, expiresAt: number, maximum: number): Promise<boolean> {
    const key = mediaReservationKey(this.#scope, mediaId)
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const standing = await this.#tables.core.get(key)
      const difference = bytes - Number(standing?.bytes ?? 0)
      if (standing && difference === 0 && standing.expiresAt === expiresAt) return true
      if (difference > maximum) return false
      const result = await transact(this.#tables.client, [
        {
          table: this.#tables.core.name,
          put: { ...key, v: 1, bytes, expiresAt },
          condition: standing
            ? { expression: '#bytes = :bytes', values: { ':bytes': standing.bytes } }
            : { expression: 'attribute_not_exists(pk)' },
        },
        this.#addLeg(difference, difference > 0 ? maximum - difference : null),
      ])
      if (result.outcome === 'written') return true
      if (result.outcome === 'conditionFailed' && result.failed[1]) return false
    }
    throw new Fault('conflict', { detail: 'The media quota is written by many at this moment: try again.' })
  }

  async #remove(mediaId: string, isDue: (row: Item) => boolean): Promise<boolean> {
    const key: Key = mediaReservationKey(this.#scope, mediaId)
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const standing = await this.#tables.core.get(key)
      if (!standing || !isDue(standing)) return false
      const result = await transact(this.#tables.client, [
        {
          table: this.#tables.core.name,
          remove: key,
          condition: {
            expression: '#bytes = :bytes AND #expiresAt = :expiresAt',
            values: { ':bytes': standing.bytes, ':expiresAt': standing.expiresAt },
          },
        },
        this.#addLeg(-Number(standing.bytes), null),
      ])
      if (result.outcome === 'written') return true
    }
    throw new Fault('conflict', { detail: 'The media quota is written by many at this moment: try again.' })
  }

  #addLeg(bytes: number, latest: number | null): Leg {
    return {
      table: this.#tables.core.name,
      update: quotaKey(this.#scope),
      set: {
        expression: 'SET #mediaBytes = if_not_exists(#mediaBytes, :zero) + :bytes',
        values: { ':zero': 0, ':bytes': bytes },
      },
      // A condition cannot add: nothing there yet counts as zero.
      ...(latest === null
        ? {}
        : {
            condition: {
              expression: 'attribute_not_exists(#mediaBytes) OR #mediaBytes <= :latest',
              values: { ':latest': latest },
            },
          }),
    }
  }
}
