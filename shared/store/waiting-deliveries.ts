import { heldIndex, SHARDS, timeKey } from './keys.ts'
import type { Key } from './table.ts'
import type { Tables } from './tables.ts'

/** Deliveries that are due (or whose claim ran out) since before `before`: keys only (system role). */
export const listDue = async (tables: Tables, input: { before: number; limitPerShard: number }): Promise<Key[]> => {
  const pages = await Promise.all(
    Array.from({ length: SHARDS.due }, (_, shard) =>
      tables.messages.query({
        index: 'system',
        key: {
          expression: '#xpk = :pk AND #xsk < :before',
          values: { ':pk': `X#due#${shard}`, ':before': timeKey(input.before) },
        },
        limit: input.limitPerShard,
      }),
    ),
  )
  return pages.flatMap((page) => page.items.map((item) => ({ pk: String(item.pk), sk: String(item.sk) })))
}

/** Held deliveries of an endpoint, oldest event first: keys only, eventually consistent (pipeline's role). */
export const listHeld = async (tables: Tables, endpointId: string, limit: number): Promise<Key[]> => {
  const page = await tables.messages.query({
    index: 'system',
    key: { expression: '#xpk = :pk', values: { ':pk': heldIndex(endpointId) } },
    limit,
  })
  return page.items.map((item) => ({ pk: String(item.pk), sk: String(item.sk) }))
}
