import type { TenantScope } from '../core/tenant-scope.ts'
import { deliveryKey, heldIndex, systemIndex, timeKey } from './keys.ts'
import type { DeliveryRow } from './rows/webhook.ts'

/** What names a delivery; travels in the deliver queue. */
export interface DeliveryRef {
  readonly endpointId: string
  readonly day: string
  readonly eventId: string
  readonly generation: number
}

/** Sort key of an attempt, right behind its delivery. */
export const attemptSort = (deliverySort: string, number: number): string =>
  `${deliverySort}#A#${String(number).padStart(4, '0')}`

/** In the index of what is due: by time. */
export const dueSort = (at: number, ref: Pick<DeliveryRef, 'eventId' | 'endpointId'>): string =>
  `${timeKey(at)}#${ref.eventId}#${ref.endpointId}`

/** In the index of what an endpoint holds: by the age of the event. */
export const heldSort = (row: Pick<DeliveryRow, 'createdAt' | 'eventId'>): string =>
  `${timeKey(row.createdAt)}#${row.eventId}`

/** `list1`: of an endpoint by time. */
export const deliveryListPartition = (scope: TenantScope, endpointId: string): string =>
  `${scope.prefix}WH#${endpointId}`

export const deliveryListKey = (scope: TenantScope, row: Pick<DeliveryRow, 'endpointId' | 'createdAt' | 'id'>) => ({
  l1pk: deliveryListPartition(scope, row.endpointId),
  l1sk: `${timeKey(row.createdAt)}#${row.id}`,
})

/** `list2`: by id alone. */
export const deliveryIdPartition = (scope: TenantScope, deliveryId: string): string => `${scope.prefix}D#${deliveryId}`

/** DELIVERY as it is stored: with its place among what is due or held, and in the lists. */
export const deliveryItem = (scope: TenantScope, row: DeliveryRow) => ({
  ...deliveryKey(scope, row),
  ...row,
  ...(row.nextAttemptAt === null ? {} : systemIndex('due', row.id, dueSort(row.nextAttemptAt, row))),
  ...(row.status === 'held' ? { xpk: heldIndex(row.endpointId), xsk: heldSort(row) } : {}),
  ...deliveryListKey(scope, row),
  l2pk: deliveryIdPartition(scope, row.id),
  l2sk: row.id,
})
