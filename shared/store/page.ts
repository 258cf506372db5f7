import type { Item } from './table.ts'

export interface Page<T> {
  readonly items: readonly T[]
  /** position to continue from; null at the end. Opaque to callers; the API signs it into a cursor. */
  readonly next: Item | null
}
