import type { Page } from '../store/page.ts'
import type { Item } from '../store/table.ts'
import type { CursorBinding } from './cursor.ts'
import type { AdminContext, TenantContext } from './handler.ts'

const bindingOf = (
  context: TenantContext | AdminContext,
  filters: Readonly<Record<string, unknown>>,
): CursorBinding => ({
  owner: 'scope' in context ? context.scope.prefix : 'admin',
  operation: context.operationName,
  filters,
})

/** Position of a cursor that this list gave out before. @throws Fault invalid_cursor */
export const positionOf = (
  context: TenantContext | AdminContext,
  cursor: string | undefined,
  filters: Readonly<Record<string, unknown>> = {},
): Item | undefined =>
  cursor === undefined ? undefined : (context.cursors.verifyJson(bindingOf(context, filters), cursor) as Item)

/** `{data, nextCursor, hasMore}` of a page of presented items. */
export const toList = <T>(
  context: TenantContext | AdminContext,
  page: { readonly items: readonly T[]; readonly next: Item | null },
  filters: Readonly<Record<string, unknown>> = {},
): { data: T[]; nextCursor: string | null; hasMore: boolean } => ({
  data: [...page.items],
  nextCursor: page.next ? context.cursors.signJson(bindingOf(context, filters), page.next) : null,
  hasMore: page.next !== null,
})

/** How many pages of rows a filtered list reads at most before it answers with what it has. */
const MAXIMUM_READS = 10

/**
 * Fills a page although a filter drops rows after they were read. `lastKeyOf` gives the position after a row, so that
 * nothing is skipped when the page is full in the middle of a read.
 */
export const readFiltered = async <Row>(input: {
  limit: number
  after: Item | undefined
  read: (after: Item | undefined) => Promise<Page<Row>>
  keep: (row: Row) => boolean
  lastKeyOf: (row: Row) => Item
}): Promise<Page<Row>> => {
  const items: Row[] = []
  let after = input.after
  for (let reads = 0; reads < MAXIMUM_READS; reads++) {
    const page = await input.read(after)
    for (const [index, row] of page.items.entries()) {
      if (!input.keep(row)) continue
      items.push(row)
      const isLast = index === page.items.length - 1 && page.next === null
      if (items.length === input.limit) return { items, next: isLast ? null : input.lastKeyOf(row) }
    }
    if (page.next === null) return { items, next: null }
    after = page.next
  }
  return { items, next: after ?? null }
}
