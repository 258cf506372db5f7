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
    await this.#put(`${this.#prefix}AUDITI`, { ...row, outcome: 'unknown' }, false)
  }

  /** After the change; put-if-absent: an entry never changes. */
  async settle(row: AuditRow): Promise<void> {
    await this.#put(`${this.#prefix}AUDIT`, row, true)
  }

  /** Newest first. By time alone: consistent; by actor or resource: eventually consistent. */
  async list(query: AuditQuery): Promise<Page<AuditRow>> {
    const range = { ':from': timeKey(query.from), ':to': `${timeKey(query.to)}~` }
    const by = query.resource
      ? { index: 'list2', pk: 'l2pk', sk: 'l2sk', value: `${this.#prefix}AUDIT#${query.resource}` }
      : query.actor
        ? { index: 'list1', pk: 'l1pk', sk: 'l1sk', value: `${this.#prefix}AUDIT#${query.actor}` }
        : { index: undefined, pk: 'pk', sk: 'sk', value: `${this.#prefix}AUDIT` }
    const page = await this.#tables.core.query({
      index: by.index,
      key: { expression: `#${by.pk} = :pk AND #${by.sk} BETWEEN :from AND :to`, values: { ':pk': by.value, ...range } },
      filter:
        query.resource && query.actor
          ? { expression: '#actor = :actor', values: { ':actor': query.actor } }
          : undefined,
      descending: true,
      limit: query.limit,
      after: query.after,
    })
    return { items: page.items.map((item) => auditRowSchema.parse(item)), next: page.lastKey }
  }

  /** Entries `unknown` for intents whose process ended in between. Cheap: looks at the newest intents only. */
  async settleLost(now: number): Promise<void> {
    const page = await this.#tables.core.query({
      key: {
        expression: '#pk = :pk AND #sk BETWEEN :from AND :to',
        values: {
          ':pk': `${this.#prefix}AUDITI`,
          ':from': timeKey(now - 24 * 3600_000),
          ':to': timeKey(now - UNSETTLED_MS),
        },
      },
      descending: true,
      limit: UNSETTLED_AT_ONCE,
    })
    const [newest, oldest] = [page.items[0], page.items.at(-1)]
    if (!newest || !oldest) return
    const settled = new Set<string>()
    for await (const item of this.#tables.core.queryAll({
      key: {
        expression: '#pk = :pk AND #sk BETWEEN :from AND :to',
        values: { ':pk': `${this.#prefix}AUDIT`, ':from': String(oldest.sk), ':to': String(newest.sk) },
      },
    }))
      settled.add(String(item.sk))
    for (const item of page.items) if (!settled.has(String(item.sk))) await this.settle(auditRowSchema.parse(item))
  }

  async #put(pk: string, row: AuditRow, listed: boolean): Promise<void> {
    const sk = `${timeKey(row.at)}#${row.id}`
    await this.#tables.core.put(
      {
        pk,
        sk,
        ...row,
        ...(listed ? { l1pk: `${pk}#${row.actor}`, l1sk: sk } : {}),
        ...(listed && row.resourceId ? { l2pk: `${pk}#${row.resourceId}`, l2sk: sk } : {}),
      },
      { expression: 'attribute_not_exists(pk)' },
    )
  }
}
