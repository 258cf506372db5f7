import * as z from 'zod'
import { rankOf } from '../core/message-status.ts'
import { TenantScope } from '../core/tenant-scope.ts'
import { endedPartition, messageKey, openPartition, SHARDS, timeKey } from './keys.ts'
import { relist } from './message-keys.ts'
import { failureSchema, type MessageRow } from './rows/message.ts'
import { type Leg, transact } from './table.ts'
import type { Tables } from './tables.ts'
import { endedUsageLeg } from './usage.ts'

const endedRowSchema = z.object({
  v: z.literal(1),
  messageId: z.string(),
  status: z.enum(['failed', 'unknown']),
  failure: failureSchema,
  at: z.number(),
})
/** A message that somebody without the session's log has ended; its event is still to be journaled. */
export type EndedRow = z.infer<typeof endedRowSchema>

/**
 * Messages that no worker can end (protocol §6). MESSAGE, OPEN and ENDED change in one transaction; the session's next
 * open turns ENDED rows into events, which only its log can number. They lie in a partition of the session, not in an
 * index: that open has to see them all.
 */
export class Endings {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  /**
   * Only while the row is as it was read: a claim or an ack in between wins.
   * @param event leg of the event, for a session whose log is gone; null: an ENDED row asks for one; `untold`: nobody can
   * read or seal anything of this tenant any more
   * @returns whether it was written
   */
  async end(row: MessageRow, end: Omit<EndedRow, 'v' | 'messageId'>, event: Leg | null | 'untold'): Promise<boolean> {
    const { name: table } = this.#tables.messages
    const ended: EndedRow = { v: 1, messageId: row.id, ...end }
    const lists = relist(this.#scope, row, end.status)
    const result = await transact(this.#tables.client, [
      {
        table,
        update: messageKey(this.#scope, row.id),
        set: {
          expression: `SET #status = :status, #rank = :rank, #failure = :failure, #endedBy = :sweeper${lists.expression}`,
          values: {
            ':status': end.status,
            ':rank': rankOf(end.status),
            ':failure': end.failure,
            ':sweeper': 'sweeper',
            ...lists.values,
          },
        },
        condition: {
          expression: 'attribute_exists(pk) AND #status = :was AND #epoch = :epoch',
          values: { ':was': row.status, ':epoch': row.epoch },
        },
      },
      ...(row.openKey ? [{ table, remove: { pk: openPartition(this.#scope, row.sessionId), sk: row.openKey } }] : []),
      ...(event === null
        ? [{ table, put: { pk: endedPartition(this.#scope, row.sessionId), sk: row.id, ...ended } }]
        : [...(event === 'untold' ? [] : [event]), endedUsageLeg(this.#tables, this.#scope, row, end)]),
    ])
    return result.outcome === 'written'
  }

  /** Consistent, oldest id first. */
  async list(sessionId: string, limit: number): Promise<EndedRow[]> {
    const page = await this.#tables.messages.query({
      key: { expression: '#pk = :pk', values: { ':pk': endedPartition(this.#scope, sessionId) } },
      limit,
    })
    return page.items.map((item) => endedRowSchema.parse(item))
  }

  async drop(sessionId: string, messageId: string): Promise<void> {
    await this.#tables.messages.remove({ pk: endedPartition(this.#scope, sessionId), sk: messageId })
  }
}

/** An OPEN row, by its key alone. */
export interface OpenRef {
  readonly scope: TenantScope
  readonly sessionId: string
  readonly messageId: string
  readonly sk: string
}

/** OPEN rows whose messages expired, oldest first per shard (system role; eventually consistent). */
export const listExpiredOpen = async (
  tables: Tables,
  input: { before: number; limitPerShard: number },
): Promise<OpenRef[]> => {
  const pages = await Promise.all(
    Array.from({ length: SHARDS.expires }, (_, shard) =>
      tables.messages.query({
        index: 'system',
        key: {
          expression: '#xpk = :pk AND #xsk < :before',
          values: { ':pk': `X#expires#${shard}`, ':before': timeKey(input.before) },
        },
        limit: input.limitPerShard,
      }),
    ),
  )
  return pages.flatMap((page) => page.items.map((item) => openRefOf(String(item.pk), String(item.sk))))
}

/** T#<tenant>#<L|T>#S#<session>#OPEN / <notBefore>#<acceptedAt>#<message> */
const openRefOf = (pk: string, sk: string): OpenRef => {
  const [, tenantId = '', mode, , sessionId = ''] = pk.split('#')
  const messageId = sk.split('#').at(-1) ?? ''
  const scope = TenantScope.fromVerified('systemRow', { tenantId, mode: mode === 'L' ? 'live' : 'test' })
  return { scope, sessionId, messageId, sk }
}
