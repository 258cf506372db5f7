import { isMediaKind } from '../core/content-limits.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { mediaIdOf } from '../media/media-id.ts'
import {
  answerPartition,
  contactPartition,
  endedPartition,
  eventFloorPartition,
  eventPartition,
  leaseKey,
  openOperationPartition,
  openPartition,
  pacingKey,
  pendingMediaPartition,
  SHARDS,
  sessionFilePartition,
  sessionKey,
  sessionRefOf,
  timeKey,
  whatsappIdPartition,
} from './keys.ts'
import { MediaFiles } from './media-files.ts'
import { Messages } from './messages.ts'
import type { Key } from './table.ts'
import type { Tables } from './tables.ts'
import type { SessionRef } from './workers.ts'

const PARALLEL = 25
const FILES_PARALLEL = 10
/** of one session in the messages table */
const PARTITIONS = [
  openPartition,
  openOperationPartition,
  endedPartition,
  eventFloorPartition,
  eventPartition,
  contactPartition,
  answerPartition,
  whatsappIdPartition,
  pendingMediaPartition,
]

/** Sessions deleted, settled and without an owner since before then (system role; eventually consistent). */
export const listDeletedSessions = async (
  tables: Tables,
  { before, limitPerShard }: { before: number; limitPerShard: number },
): Promise<SessionRef[]> => {
  const pages = await Promise.all(
    Array.from({ length: SHARDS.deleted }, (_, shard) =>
      tables.core.query({
        index: 'system',
        key: {
          expression: '#xpk = :pk AND #xsk < :before',
          values: { ':pk': `X#deleted#${shard}`, ':before': timeKey(before) },
        },
        limit: limitPerShard,
      }),
    ),
  )
  return pages.flatMap((page) => page.items.map((item) => sessionRefOf(String(item.pk))))
}

/**
 * Deletes what a session left in the tables, at most `limit` rows: messages, events, open and ended marks, contacts, and
 * when nothing of these is left META and LEASE. Files go before what names them. Safe to repeat; the caller comes back until it is complete.
 */
export const deleteSessionRows = async (
  tables: Tables,
  scope: TenantScope,
  sessionId: string,
  limit: number,
  eraseFile: (mediaId: string) => Promise<void>,
): Promise<{ deleted: number; isComplete: boolean }> => {
  let left = limit
  const removeAll = async (keys: readonly Key[]): Promise<void> => {
    for (let start = 0; start < keys.length; start += PARALLEL)
      await Promise.all(keys.slice(start, start + PARALLEL).map((key) => tables.messages.remove(key)))
    left -= keys.length
  }
  const eraseAll = async (mediaIds: readonly string[]): Promise<void> => {
    for (let start = 0; start < mediaIds.length; start += FILES_PARALLEL)
      await Promise.all(mediaIds.slice(start, start + FILES_PARALLEL).map(eraseFile))
  }
  const files = new MediaFiles(tables, scope)
  while (left > 0) {
    const mediaIds = await files.listOfSession(sessionId, Math.min(left, 100))
    if (mediaIds.length === 0) break
    await eraseAll(mediaIds)
    await removeAll(mediaIds.map((mediaId) => ({ pk: sessionFilePartition(scope, sessionId), sk: mediaId })))
  }
  for (const partition of PARTITIONS) {
    const pk = partition(scope, sessionId)
    while (left > 0) {
      const page = await tables.messages.query({
        key: { expression: '#pk = :pk', values: { ':pk': pk } },
        limit: Math.min(left, 100),
      })
      if (page.items.length === 0) break
      await removeAll(page.items.map((item) => ({ pk, sk: String(item.sk) })))
    }
  }
  const messages = new Messages(tables, scope)
  while (left > 0) {
    const page = await messages.list({ sessionId, limit: Math.min(left, 100) })
    if (page.items.length === 0) break
    await eraseAll(page.items.filter(({ type }) => isMediaKind(type)).map(({ id }) => mediaIdOf(id)))
    await removeAll(page.items.map((row) => messages.keyOf(row.id)))
    // The list is an index: it may still name what is gone. The next call looks again.
    if (page.next === null) break
  }
  const isComplete = left === limit
  if (isComplete) {
    await tables.core.remove(sessionKey(scope, sessionId))
    await tables.core.remove(pacingKey(scope, sessionId))
    await tables.core.remove(leaseKey(scope, sessionId))
  }
  return { deleted: limit - left, isComplete }
}
