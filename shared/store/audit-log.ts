import * as z from 'zod'
import { AUDIT_OUTCOMES } from '../core/audit-outcomes.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { timeKey } from './keys.ts'
import type { Page } from './page.ts'
import { modeSchema } from './rows/fields.ts'
import type { Item } from './table.ts'
import type { Tables } from './tables.ts'

export const auditRowSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  /** epoch milliseconds at which the request came in */
  at: z.number().int(),
  /** id of the key; `platform` for an admin key */
  actor: z.string(),
  tenantId: z.string().nullable(),
  mode: modeSchema.nullable(),
  sourceIp: z.string().nullable(),
  userAgent: z.string().nullable(),
  requestId: z.string(),
  operation: z.string(),
  /** what was changed; null when nothing came of it */
  resourceId: z.string().nullable(),
  /** `unknown`: the process ended between the intent and the outcome */
  outcome: z.enum(AUDIT_OUTCOMES),
  status: z.number().int().nullable(),
  /** error code of a refusal */
  code: z.string().nullable(),
  /** SHA-256 of what the API showed of the resource before and after; null when there was none */
  beforeDigest: z.string().nullable(),
  afterDigest: z.string().nullable(),
})
export type AuditRow = z.infer<typeof auditRowSchema>

export interface AuditQuery {
  readonly from: number
  readonly to: number
  readonly actor?: string
  readonly resource?: string
  readonly limit: number
  readonly after?: Item
}

const PLATFORM_PREFIX = 'PLATFORM#'
/** An intent without an outcome is settled as `unknown` after this: every function ends long before. */
const UNSETTLED_MS = 120_000
const UNSETTLED_AT_ONCE = 300

/**
 * The append-only log of control-plane changes (core table). Two rows per change: the intent, written before anything is
 * changed, and the entry with the outcome. Nothing here updates or removes; IAM forbids both to every API function.
 */
export class AuditLog {
  readonly #tables: Tables
  readonly #prefix: string

  /** @param scope of the tenant; null: the platform's own log */
  constructor(tables: Tables, scope: TenantScope | null) {
    this.#tables = tables
    this.#prefix = scope?.prefix ?? PLATFORM_PREFIX
  }

  /** Before the change. A change whose intent cannot be written does not happen. */
  async intend(row: AuditRow): Promise<void> {
    await this.#put('AUDITI', { ...row, outcome: 'unknown' })
  }

  /** After the change; put-if-absent: an entry never changes. */
  async settle(row: AuditRow): Promise<void> {
    await this.#put('AUDIT', row)
  }

  /**
   * Newest first. By time alone: consistent; by actor or resource: eventually consistent. Intents of this page whose process
   * ended before their outcome become entries `unknown`, whenever somebody looks.
   */
  async list(query: AuditQuery, now: number): Promise<Page<AuditRow>> {
    const page = await this.#read(query)
    const lost = await this.#lostOf(query, page, now)
    if (lost.length === 0) return page
    for (const row of lost) await this.settle(row)
    return this.#read(query)
  }

  async #read(query: AuditQuery): Promise<Page<AuditRow>> {
    const range = { first: timeKey(query.from), last: `${timeKey(query.to)}~` }
    const page = await this.#tables.core.query({
      ...this.#rangeOf('AUDIT', query, range),
      descending: true,
      limit: query.limit,
      after: query.after,
    })
    return { items: page.items.map((item) => auditRowSchema.parse(item)), next: page.lastKey }
  }

  /** Intents between the ends of the page that have no entry, newest first. */
  async #lostOf(query: AuditQuery, page: Page<AuditRow>, now: number): Promise<AuditRow[]> {
    const settled = new Set(page.items.map(sortKeyOf))
    const last = [
      query.after ? String(query.after.sk) : `${timeKey(query.to)}~`,
      timeKey(now - UNSETTLED_MS),
    ].sort()[0]!
    const first = page.next ? String(page.next.sk) : timeKey(query.from)
    if (first > last) return []
    const lost: AuditRow[] = []
    const intents = this.#tables.core.queryAll({
      ...this.#rangeOf('AUDITI', query, { first, last }),
      descending: true,
    })
    for await (const item of intents) {
      const row = auditRowSchema.parse(item)
      if (!settled.has(sortKeyOf(row)) && sortKeyOf(row) !== query.after?.sk) lost.push(row)
      if (lost.length === UNSETTLED_AT_ONCE) break
    }
    return lost
  }

  /** Rows of a kind that a search means, in a range of sort keys, both included. */
  #rangeOf(kind: 'AUDIT' | 'AUDITI', query: AuditQuery, range: { readonly first: string; readonly last: string }) {
    const partition = `${this.#prefix}${kind}`
    const by = query.resource
      ? { index: 'list2', pk: 'l2pk', sk: 'l2sk', value: `${partition}#${query.resource}` }
      : query.actor
        ? { index: 'list1', pk: 'l1pk', sk: 'l1sk', value: `${partition}#${query.actor}` }
        : { index: undefined, pk: 'pk', sk: 'sk', value: partition }
    return {
      index: by.index,
      key: {
        expression: `#${by.pk} = :pk AND #${by.sk} BETWEEN :first AND :last`,
        values: { ':pk': by.value, ':first': range.first, ':last': range.last },
      },
      filter:
        query.resource && query.actor
          ? { expression: '#actor = :actor', values: { ':actor': query.actor } }
          : undefined,
    }
  }

  async #put(kind: 'AUDIT' | 'AUDITI', row: AuditRow): Promise<void> {
    const pk = `${this.#prefix}${kind}`
    const sk = sortKeyOf(row)
    await this.#tables.core.put(
      {
        pk,
        sk,
        ...row,
        l1pk: `${pk}#${row.actor}`,
        l1sk: sk,
        ...(row.resourceId ? { l2pk: `${pk}#${row.resourceId}`, l2sk: sk } : {}),
      },
      { expression: 'attribute_not_exists(pk)' },
    )
  }
}

const sortKeyOf = (row: AuditRow): string => `${timeKey(row.at)}#${row.id}`
