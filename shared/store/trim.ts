import { endOfDay } from '../core/event-retention.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import type { DayOwner } from './kept-days.ts'
import { controlEventPartition, deliveryPartition, eventFloorKey, eventPartition } from './keys.ts'
import { eventRowSchema } from './rows/message.ts'
import type { Item, Key } from './table.ts'
import type { Tables } from './tables.ts'

const DELETES_AT_ONCE = 25

/**
 * Deletes what is left of a day, oldest first, at most `limit` rows. Of a session's log the floor is moved first: readers
 * take what is below it for old, never for late. An event that is not fanned out or not counted stays, and all after it.
 * @param target `countedThrough`: of a session, the last sequence that usage has
 */
export const trimDay = async (
  tables: Tables,
  scope: TenantScope,
  target: { readonly day: string; readonly owner: DayOwner; readonly countedThrough: number },
  limit: number,
): Promise<{ deleted: number; isOver: boolean }> => {
  const { day, owner, countedThrough } = target
  const pk =
    owner.kind === 'session'
      ? eventPartition(scope, owner.id)
      : owner.kind === 'control'
        ? controlEventPartition(scope, day)
        : deliveryPartition(scope, owner.id, day)
  const page = await tables.messages.query({ key: { expression: '#pk = :pk', values: { ':pk': pk } }, limit })
  const old = owner.kind === 'session' ? oldestUntil(page.items, endOfDay(day), countedThrough) : page.items
  const last = old.at(-1)
  if (owner.kind === 'session' && last) await raiseFloor(tables, scope, owner.id, Number(last.sequence))
  for (let start = 0; start < old.length; start += DELETES_AT_ONCE)
    await Promise.all(old.slice(start, start + DELETES_AT_ONCE).map((item) => tables.messages.remove(keyOf(item))))
  return {
    deleted: old.length,
    isOver: old.length < page.items.length ? !isStuck(page.items[old.length]!, day) : page.lastKey === null,
  }
}

const keyOf = (item: Item): Key => ({ pk: String(item.pk), sk: String(item.sk) })

const oldestUntil = (items: readonly Item[], end: number, countedThrough: number): readonly Item[] => {
  const first = items.findIndex((item) => {
    const { timestamp, sequence } = eventRowSchema.parse(item)
    return item.xpk !== undefined || timestamp >= end || sequence! > countedThrough
  })
  return first === -1 ? items : items.slice(0, first)
}

/** Old, and somebody has still to see it. */
const isStuck = (item: Item, day: string): boolean => eventRowSchema.parse(item).timestamp < endOfDay(day)

const raiseFloor = async (tables: Tables, scope: TenantScope, sessionId: string, floor: number): Promise<void> => {
  await tables.messages.update(
    eventFloorKey(scope, sessionId),
    { expression: 'SET #v = :v, #floor = :floor', values: { ':v': 1, ':floor': floor } },
    { expression: 'attribute_not_exists(#floor) OR #floor < :floor', values: { ':floor': floor } },
  )
}
