import * as z from 'zod'
import { isoTime, modeSchema } from './common.ts'
import type { Operation } from './operation.ts'

const rate = z.object({
  perSecond: z.number().meta({ description: 'Sustained requests per second', example: 200 }),
  burst: z.number().int().meta({ description: 'Requests that may come at once', example: 600 }),
})
const quota = z.object({ limit: z.number().int(), used: z.number().int() })

export const limitsSchema = z
  .object({
    plan: z.string().meta({ example: 'standard' }),
    mode: modeSchema,
    requests: rate.meta({ description: 'All keys of this mode together' }),
    keyRequests: rate.meta({ description: 'This key' }),
    sessions: quota,
    messagesPerDay: quota.extend({ resetsAt: isoTime }).meta({
      description:
        'Accepted outbound messages of this UTC day. Taken in blocks: `used` may be ahead of what was accepted by one block per server.',
    }),
    mediaBytes: quota.meta({ description: 'Bytes of media that are kept now, with uploads that are under way' }),
    webhookEndpoints: quota,
    streams: quota.meta({ description: 'Live streams that are open now' }),
    eventRetentionDays: z.number().int().meta({ description: 'Events and their deliveries are kept so long' }),
  })
  .meta({ id: 'Limits' })

export const limitOperations = {
  getLimits: {
    method: 'GET',
    path: '/v1/limits',
    function: 'api-control',
    summary: 'The limits of this key and tenant, and what is used of them',
    description:
      'Beyond a rate: 429 rate_limited. Beyond a quota: 429 quota_exceeded. Both say in Retry-After when to come back; every answer has RateLimit-* headers. The event limit.reached tells it once per limit and hour (rates) or UTC day (quotas).',
    tag: 'limits',
    auth: 'tenant',
    scopes: ['tenant:read'],
    sessionKeys: true,
    idempotent: 'natural',
    responses: { 200: limitsSchema },
    faults: [],
  },
} as const satisfies Record<string, Operation>
