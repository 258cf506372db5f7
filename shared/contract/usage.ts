import * as z from 'zod'
import { idOutput, idParameter, isoTime, modeSchema, pageOf, pageQuery } from './common.ts'
import type { Operation } from './operation.ts'
import { TENANT_STATUSES } from './tenants.ts'

export const usageRowSchema = z
  .object({
    period: z.string().meta({ description: 'UTC day or month', example: '2026-11-21' }),
    sessionId: z.string().nullable().meta({ description: 'null: the whole tenant' }),
    messages: z.array(
      z.object({
        direction: z.enum(['outbound', 'inbound']),
        type: z.string().meta({ example: 'text' }),
        outcome: z.string().meta({
          description: 'The event: sent, delivered, read, played, failed, unknown, canceled; received',
          example: 'sent',
        }),
        count: z.number().int(),
      }),
    ),
    sessionsActive: z.number().int().meta({ description: 'Sessions that were connected or had a message' }),
    sessionSeconds: z.number().int().meta({ description: 'Connected time of all sessions' }),
    mediaBytes: z.number().int(),
    webhookAttempts: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'POSTs to endpoints, by their own day; null in the breakdown by session' }),
    apiCalls: z.number().int().nullable().meta({ description: 'null in the breakdown by session' }),
    estimatedCost: z
      .number()
      .meta({ description: 'In the currency of the answer, by its price table', example: 0.0421 }),
  })
  .meta({ id: 'UsageRow' })

const usageQuery = {
  from: z.iso.date().optional().meta({ description: 'UTC day, default: first of this month', example: '2026-11-01' }),
  to: z.iso.date().optional().meta({ description: 'UTC day, inclusive, default: today', example: '2026-11-30' }),
  granularity: z.enum(['day', 'month']).default('day'),
  groupBy: z.enum(['session']).optional().meta({ description: 'session: one row per period and session' }),
}

export const usageReportSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    granularity: z.enum(['day', 'month']),
    mode: modeSchema,
    currency: z.string(),
    priceTable: z.string().meta({ description: 'Version of the price table of the estimate' }),
    complete: z.boolean(),
    asOf: isoTime,
    data: z.array(usageRowSchema),
  })
  .meta({ id: 'UsageReport' })

export const tenantMonthSchema = z
  .object({
    tenantId: idOutput('ten'),
    name: z.string(),
    plan: z.string(),
    status: z.enum(TENANT_STATUSES),
    complete: z.boolean().meta({ description: 'false: more events wait to be counted: ask again' }),
    usage: usageRowSchema,
  })
  .meta({ id: 'TenantMonth' })

const ofPlatform = {
  method: 'GET',
  function: 'api-operations',
  tag: 'usage',
  auth: 'admin',
  scopes: [],
  idempotent: 'natural',
  produces: ['text/csv'],
} as const

export const usageOperations = {
  getUsage: {
    method: 'GET',
    path: '/v1/usage',
    function: 'api-operations',
    summary: 'What was used, by day or month, as JSON or CSV',
    description:
      'Counted from the event log: every event counts once, whatever was retried or crashed. API calls and webhook attempts are counted before the answer or the POST goes; the call that asks may be among them. What happened last in a deleted session is counted when its rows go, four days later. `complete: false`: more events wait to be counted than one request counts; ask again. At most 92 days. Send `Accept: text/csv` for CSV.',
    tag: 'usage',
    auth: 'tenant',
    scopes: ['usage:read'],
    idempotent: 'natural',
    query: z.strictObject({ ...usageQuery, sessionId: idParameter('ses').optional() }),
    produces: ['text/csv'],
    responses: { 200: usageReportSchema },
    faults: ['not_found', 'not_acceptable'],
    notFound: 'No session with this id.',
  },
  getTenantUsage: {
    ...ofPlatform,
    path: '/v1/tenants/{tenantId}/usage',
    summary: 'What a tenant used, by day or month, as JSON or CSV',
    description: 'What the tenant sees with GET /v1/usage, also of a suspended or deleted one. At most 92 days.',
    params: z.object({ tenantId: idParameter('ten') }),
    query: z.strictObject({ ...usageQuery, mode: modeSchema.default('live') }),
    responses: { 200: usageReportSchema },
    faults: ['not_found', 'not_acceptable'],
    notFound: 'No tenant with this id.',
  },
  listTenantUsage: {
    ...ofPlatform,
    path: '/v1/admin/usage',
    summary: 'What every tenant used in a month, as JSON or CSV',
    description:
      'One row per tenant, newest tenant first, deleted ones too. CSV has the rows of one page; the header Next-Cursor names the next page, as nextCursor does in JSON.',
    query: z.strictObject({
      month: z
        .string()
        .regex(/^20\d\d-(0[1-9]|1[0-2])$/, 'Not a month, like 2026-11')
        .optional()
        .meta({ description: 'UTC month, default: this one', example: '2026-11' }),
      mode: modeSchema.default('live'),
      ...pageQuery,
    }),
    responses: {
      200: pageOf(tenantMonthSchema)
        .extend({ month: z.string(), mode: modeSchema, currency: z.string(), priceTable: z.string(), asOf: isoTime })
        .meta({ id: 'TenantMonths' }),
    },
    faults: ['invalid_cursor', 'not_acceptable'],
  },
} as const satisfies Record<string, Operation>
