import type { TenantScope } from '../core/tenant-scope.ts'
import { linkKey, pacingKey, SHARDS, sessionKey, sessionRefOf, systemIndex, timeKey } from './keys.ts'
import type { Page } from './page.ts'
import { type LinkRequest, type SessionRow, sessionRowSchema } from './rows/session.ts'
import type { Item, Leg } from './table.ts'
import type { Tables } from './tables.ts'
import type { SessionRef } from './workers.ts'

/** The QR or pairing code on show (ephemeral table; expires by TTL and by `expiresAt`). */
export interface LinkSight {
  readonly qr: string | null
  readonly code: string | null
  readonly attempt: number
  /** epoch milliseconds */
  readonly expiresAt: number
}

export type SessionPatch = Partial<
  Pick<
    SessionRow,
    | 'status'
    | 'reason'
    | 'phone'
    | 'lid'
    | 'pushName'
    | 'connectedAt'
    | 'loggedOutAt'
    | 'link'
    | 'linkedAt'
    | 'restriction'
  >
>

export class Sessions {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  async get(sessionId: string): Promise<SessionRow | null> {
    const item = await this.#tables.core.get(sessionKey(this.#scope, sessionId))
    return item ? sessionRowSchema.parse(item) : null
  }

  /** Leg of the transaction that makes a session (with its lease and its session.created event). */
  createLeg(row: SessionRow): Leg {
    return {
      table: this.#tables.core.name,
      put: {
        ...sessionKey(this.#scope, row.id),
        ...row,
        ...this.#listKey(row),
      },
      condition: { expression: 'attribute_not_exists(pk)' },
    }
  }

  /**
   * Leg of a change that the API makes together with the lease: only while the status is what the caller saw, and never
   * of a deleted session.
   */
  patchLeg(
    sessionId: string,
    was: SessionRow['status'],
    patch: Partial<
      Pick<SessionRow, 'status' | 'reason' | 'link' | 'loggedOutAt' | 'connectedAt' | 'deletedAt' | 'keepsDevice'>
    >,
  ): Leg {
    return {
      table: this.#tables.core.name,
      update: sessionKey(this.#scope, sessionId),
      set: setOf(patch),
      condition: {
        expression: 'attribute_exists(pk) AND #status = :was AND attribute_not_exists(#deletedAt)',
        values: { ':was': was },
      },
    }
  }

  /** Position right after a row of `list`. */
  listPosition(row: SessionRow): Item {
    return { ...sessionKey(this.#scope, row.id), ...this.#listKey(row) }
  }

  /** Newest first; eventually consistent (a single session is read by `get`). */
  async list(input: { limit: number; after?: Item }): Promise<Page<SessionRow>> {
    const page = await this.#tables.core.query({
      index: 'list1',
      key: { expression: '#l1pk = :pk', values: { ':pk': `${this.#scope.prefix}SESSIONS` } },
      descending: true,
      limit: input.limit,
      after: input.after,
    })
    return { items: page.items.map((item) => sessionRowSchema.parse(item)), next: page.lastKey }
  }

  async update(
    sessionId: string,
    patch: Partial<Pick<SessionRow, 'name' | 'metadata' | 'pacing' | 'readReceipts' | 'calls' | 'inbound' | 'proxy'>>,
  ): Promise<SessionRow | null> {
    const result = await this.#set(sessionId, patch, {
      expression: 'attribute_exists(pk) AND attribute_not_exists(#deletedAt)',
    })
    return result.ok ? sessionRowSchema.parse(result.item) : null
  }

  /** The tenant asked to link. Only while no phone is linked: returns null then, or when the session is gone. */
  async requestLink(sessionId: string, link: LinkRequest): Promise<SessionRow | null> {
    const result = await this.#set(
      sessionId,
      { link, status: 'linking', reason: null, loggedOutAt: null },
      {
        expression: 'attribute_exists(pk) AND (#status IN (:created, :linking, :failed, :loggedOut, :stopped))',
        values: {
          ':created': 'created',
          ':linking': 'linking',
          ':failed': 'failed',
          ':loggedOut': 'loggedOut',
          ':stopped': 'stopped',
        },
      },
    )
    return result.ok ? sessionRowSchema.parse(result.item) : null
  }

  /**
   * A worker's write: fenced by the epoch of its lease, so that a zombie never overwrites its successor.
   * @returns false when a later epoch wrote already, or the session is gone
   */
  async writeState(sessionId: string, epoch: number, patch: SessionPatch): Promise<boolean> {
    const result = await this.#set(
      sessionId,
      { ...patch, stateEpoch: epoch },
      { expression: 'attribute_exists(pk) AND #stateEpoch <= :epoch', values: { ':epoch': epoch } },
    )
    return result.ok
  }

  /** Leg of the same write in a transaction, with the event that tells it. */
  stateLeg(sessionId: string, epoch: number, patch: SessionPatch): Leg {
    return {
      table: this.#tables.core.name,
      update: sessionKey(this.#scope, sessionId),
      set: setOf({ ...patch, stateEpoch: epoch }),
      condition: { expression: 'attribute_exists(pk) AND #stateEpoch <= :epoch', values: { ':epoch': epoch } },
    }
  }

  /** `writeState` by somebody who cannot make the event: the sweeper finds the mark and tells it. */
  async writeUntold(sessionId: string, epoch: number, patch: SessionPatch): Promise<boolean> {
    const result = await this.#set(
      sessionId,
      { ...patch, stateEpoch: epoch, ...systemIndex('untold', sessionId, sessionId) },
      { expression: 'attribute_exists(pk) AND #stateEpoch <= :epoch', values: { ':epoch': epoch } },
    )
    return result.ok
  }

  /** Leg: the event of `writeUntold` is written in this transaction, by nobody else. */
  toldLeg(sessionId: string): Leg {
    return {
      table: this.#tables.core.name,
      update: sessionKey(this.#scope, sessionId),
      set: { expression: 'REMOVE #xpk, #xsk' },
      condition: { expression: 'attribute_exists(#xpk)' },
    }
  }

  /** Shows a QR or a code. The TTL attribute is in seconds. */
  async putLinkSight(sessionId: string, sight: LinkSight): Promise<void> {
    await this.#tables.ephemeral.put({
      ...linkKey(this.#scope, sessionId),
      v: 1,
      ...sight,
      ttl: Math.ceil(sight.expiresAt / 1000) + 60,
    })
  }

  /** New chats opened on a UTC day: the warm-up of a number goes on wherever it is hosted. */
  async putPacing(sessionId: string, pacing: { day: string; newChats: number }): Promise<void> {
    await this.#tables.core.put({ ...pacingKey(this.#scope, sessionId), v: 1, ...pacing })
  }

  async getPacing(sessionId: string): Promise<{ day: string; newChats: number } | null> {
    const item = await this.#tables.core.get(pacingKey(this.#scope, sessionId))
    return item ? { day: String(item.day), newChats: Number(item.newChats) } : null
  }

  /** What is on show now; null when nothing is, or it expired. */
  async getLinkSight(sessionId: string, now: number): Promise<LinkSight | null> {
    const item = await this.#tables.ephemeral.get(linkKey(this.#scope, sessionId))
    const sight = item as unknown as LinkSight | null
    return sight && sight.expiresAt > now ? sight : null
  }

  async clearLinkSight(sessionId: string): Promise<void> {
    await this.#tables.ephemeral.remove(linkKey(this.#scope, sessionId))
  }

  #set(sessionId: string, patch: Record<string, unknown>, condition: { expression: string; values?: Item }) {
    return this.#tables.core.update(sessionKey(this.#scope, sessionId), setOf(patch), condition)
  }

  #listKey(row: SessionRow) {
    return { l1pk: `${this.#scope.prefix}SESSIONS`, l1sk: `${timeKey(row.createdAt)}#${row.id}` }
  }
}

/** Sessions whose state nobody has told yet (system role; eventually consistent). */
export const listUntold = async (tables: Tables, limitPerShard: number): Promise<SessionRef[]> => {
  const pages = await Promise.all(
    Array.from({ length: SHARDS.untold }, (_, shard) =>
      tables.core.query({
        index: 'system',
        key: { expression: '#xpk = :pk', values: { ':pk': `X#untold#${shard}` } },
        limit: limitPerShard,
      }),
    ),
  )
  return pages.flatMap((page) => page.items.map((item) => sessionRefOf(String(item.pk))))
}

const setOf = (patch: Record<string, unknown>) => {
  const fields = Object.keys(patch).filter((name) => patch[name] !== undefined)
  return {
    expression: `SET ${fields.map((name) => `#${name} = :set_${name}`).join(', ')}`,
    values: Object.fromEntries(fields.map((name) => [`:set_${name}`, patch[name]])),
  }
}
