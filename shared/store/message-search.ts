import { type MessageSearch, matches, pathOf, type SearchPath } from '../core/message-lists.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { messageKey, openPartition, timeKey } from './keys.ts'
import { listPartitions, messageIdOfSort, STATUS_SHARDS } from './message-keys.ts'
import { type MessageRow, messageRowSchema } from './rows/message.ts'
import type { Item } from './table.ts'
import type { Tables } from './tables.ts'

/** Rows that a search reads at most for one page: what is rarer comes with the next cursor. */
const READS_MAX = 10
/** rows that are looked at for a page when not all of them match: of an index that holds them, and by their keys */
const FILTERED_ROWS = { held: 300, byKey: 100 }
/** above every sort key */
const LAST = '~'

interface Access {
  /** undefined: the table itself, consistent */
  readonly index: 'list1' | 'list2' | 'list3' | 'list4' | 'list5' | undefined
  readonly pk: string
  readonly sk: string
  readonly partitions: readonly string[]
  /** inclusive */
  readonly from: string
  /** exclusive */
  readonly before: string
  /** the index holds whole rows; else they are read by their keys, consistently */
  readonly holdsRows: boolean
  /** not every row of the partitions matches */
  readonly mayDrop: boolean
}

export interface FoundMessages {
  readonly items: readonly MessageRow[]
  /** position after the last one; null: that was all */
  readonly next: string | null
}

/** Lists of messages, newest first; OPEN rows by the time they may leave, latest first. Never a scan. */
export class MessageLists {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  /** @param after `next` of the page before, of the same search */
  async find(search: MessageSearch, page: { limit: number; after: string | undefined }): Promise<FoundMessages> {
    const access = this.#accessOf(search)
    const items: MessageRow[] = []
    let after = page.after
    for (let reads = 0; reads < READS_MAX; reads++) {
      const wanted = access.mayDrop ? FILTERED_ROWS[access.holdsRows ? 'held' : 'byKey'] : page.limit + 1
      const { entries, end } = await this.#read(access, search, wanted, after)
      const rows = await this.#rowsOf(access, entries)
      for (const [index, row] of rows.entries()) {
        if (!row || !matches(search, row)) continue
        items.push(row)
        if (items.length < page.limit) continue
        const isLast = end === null && index === rows.length - 1
        return { items, next: isLast ? null : String(entries[index]?.[access.sk]) }
      }
      if (end === null) return { items, next: null }
      after = end
    }
    return { items, next: after ?? null }
  }

  /** The next entries of all partitions together. `end`: position to go on from, null when there is nothing more. */
  async #read(
    access: Access,
    search: MessageSearch,
    wanted: number,
    after: string | undefined,
  ): Promise<{ entries: Item[]; end: string | null }> {
    const before = after ?? access.before
    if (access.from >= before) return { entries: [], end: null }
    const pages = await Promise.all(
      access.partitions.map((partition) =>
        this.#tables.messages.query({
          index: access.index,
          key: {
            expression: `#${access.pk} = :pk AND #${access.sk} BETWEEN :from AND :before`,
            values: { ':pk': partition, ':from': access.from, ':before': before },
          },
          filter: access.holdsRows ? filterOf(search) : undefined,
          // The end of the range belongs to the page before.
          limit: wanted + 1,
          descending: true,
        }),
      ),
    )
    const sortKey = (item: Item) => String(item[access.sk])
    const found = pages.flatMap(({ items }) => items).filter((item) => sortKey(item) < before)
    if (access.partitions.length > 1) found.sort((a, b) => (sortKey(a) < sortKey(b) ? 1 : -1))
    const isCut = found.length > wanted && access.partitions.length > 1
    const entries = isCut ? found.slice(0, wanted) : found
    const unread = pages.flatMap(({ lastKey }) => (lastKey ? [sortKey(lastKey)] : []))
    if (!isCut && unread.length === 0) return { entries, end: null }
    if (access.partitions.length === 1) return { entries, end: unread[0] ?? null }
    return { entries, end: entries.length > 0 ? sortKey(entries.at(-1)!) : null }
  }

  async #rowsOf(access: Access, entries: readonly Item[]): Promise<(MessageRow | null)[]> {
    if (access.holdsRows) return entries.map((item) => messageRowSchema.parse(item))
    return Promise.all(
      entries.map(async (item) => {
        const key = messageKey(this.#scope, messageIdOfSort(String(item[access.sk])))
        const row = await this.#tables.messages.get(key)
        return row && messageRowSchema.parse(row)
      }),
    )
  }

  #accessOf(search: MessageSearch): Access {
    const range = { from: timeKey(search.since), before: timeKey(search.until) }
    const scope = this.#scope
    const { sessionId = '', status = 'failed', chats = [] } = search
    const path: SearchPath = pathOf(search)
    const isFiltered = search.status !== undefined || search.direction !== undefined
    switch (path) {
      case 'open':
        // Sorted by when they may leave, which says nothing of when they were made.
        return {
          index: undefined,
          pk: 'pk',
          sk: 'sk',
          partitions: [openPartition(scope, sessionId)],
          from: '0',
          before: LAST,
          holdsRows: false,
          mayDrop: true,
        }
      case 'chat':
        return {
          ...range,
          index: 'list3',
          pk: 'l3pk',
          sk: 'l3sk',
          partitions: chats.map((chat) => listPartitions.chat(scope, sessionId, chat)),
          holdsRows: false,
          mayDrop: isFiltered,
        }
      case 'sessionStatus':
        return {
          ...range,
          index: 'list4',
          pk: 'l4pk',
          sk: 'l4sk',
          partitions: [listPartitions.sessionStatus(scope, sessionId, status)],
          holdsRows: false,
          mayDrop: search.direction !== undefined,
        }
      case 'tenantStatus':
        return {
          ...range,
          index: 'list5',
          pk: 'l5pk',
          sk: 'l5sk',
          partitions: Array.from({ length: STATUS_SHARDS }, (_, shard) =>
            listPartitions.tenantStatus(scope, status, shard),
          ),
          holdsRows: false,
          mayDrop: search.direction !== undefined,
        }
      case 'session':
        return {
          ...range,
          index: 'list1',
          pk: 'l1pk',
          sk: 'l1sk',
          partitions: [listPartitions.session(scope, sessionId)],
          holdsRows: true,
          mayDrop: isFiltered,
        }
      case 'tenant':
        return {
          ...range,
          index: 'list2',
          pk: 'l2pk',
          sk: 'l2sk',
          partitions: [listPartitions.tenant(scope)],
          holdsRows: true,
          mayDrop: isFiltered,
        }
    }
  }
}

const filterOf = ({ status, direction }: MessageSearch) => {
  const conditions = [...(status ? ['#status = :status'] : []), ...(direction ? ['#direction = :direction'] : [])]
  return conditions.length > 0
    ? { expression: conditions.join(' AND '), values: { ':status': status, ':direction': direction } }
    : undefined
}

/** Position in a cursor of an earlier version: the last key that was read. */
export const positionOfCursor = (cursor: unknown): string | undefined => {
  const { at, l1sk, l2sk } = (cursor ?? {}) as { at?: string; l1sk?: string; l2sk?: string }
  return at ?? l1sk ?? l2sk
}
