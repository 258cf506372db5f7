import * as z from 'zod'
import { idParameter, isoTime, modeSchema } from './common.ts'
import type { Operation } from './operation.ts'

export const usageRowSchema = z
  .object({
    period: z.string().meta({ description: 'UTC day or month', example: '2026-11-21' }),
    sessionId: z.string().nullable().meta({ description: 'null: the whole tenant' }),
    messages: z.array(
      z.object({
        direction: z.enum(['outbound', 'inbound']),
        type: z.string().meta({ example: 'text' }),
        outcome: z
          .string()
          .meta({ description: 'The event: sent, delivered, read, failed, unknown, received…', example: 'sent' }),
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

export const usageOperations = {
  getUsage: {
    method: 'GET',
    path: '/v1/usage',
    function: 'api-control',
    summary: 'What was used, by day or month, as JSON or CSV',
    description:
      'Counted from the event log: every event counts once, whatever was retried or crashed. API calls and webhook attempts are counted before the answer or the POST goes. What happened last in a deleted session is counted when its rows go, four days later. `complete: false`: more events wait to be counted than one request counts; ask again. At most 92 days. Send `Accept: text/csv` for CSV.',
    tag: 'usage',
    auth: 'tenant',
    scopes: ['usage:read'],
    idempotent: 'natural',
    query: z.strictObject({
      from: z.iso
        .date()
        .optional()
        .meta({ description: 'UTC day, default: first of this month', example: '2026-11-01' }),
      to: z.iso.date().optional().meta({ description: 'UTC day, inclusive, default: today', example: '2026-11-30' }),
      granularity: z.enum(['day', 'month']).default('day'),
      groupBy: z.enum(['session']).optional().meta({ description: 'session: one row per period and session' }),
      sessionId: idParameter('ses').optional(),
    }),
    produces: ['text/csv'],
    responses: {
      200: z
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
        .meta({ id: 'UsageReport' }),
    },
    faults: ['not_found', 'not_acceptable'],
    notFound: 'No session with this id.',
  },
} as const satisfies Record<string, Operation>
