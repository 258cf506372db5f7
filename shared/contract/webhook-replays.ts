import * as z from 'zod'
import { emptyBody, idOutput, idParameter, isoTime, pageOf, pageQuery } from './common.ts'
import type { Operation } from './operation.ts'
import { endpointAction, endpointParams, eventsSchema, isoInput, webhookCommon } from './webhook-basics.ts'

export const replaySchema = z
  .object({
    id: idOutput('rpl'),
    endpointId: idOutput('whk'),
    select: z.enum(['failed', 'held', 'missed', 'all']),
    since: isoTime,
    until: isoTime,
    types: z.array(z.string()),
    status: z.enum(['running', 'completed', 'canceled']),
    examined: z.number().int().meta({ description: 'Events or deliveries looked at so far' }),
    enqueued: z.number().int().meta({ description: 'Deliveries opened so far' }),
    createdAt: isoTime,
    completedAt: isoTime.nullable(),
  })
  .meta({ id: 'WebhookReplay' })

const replayCommon = { ...webhookCommon, notFound: 'No replay with this id.' } as const
const replayParams = z.object({ endpointId: idParameter('whk'), replayId: idParameter('rpl') })

export const webhookReplayOperations = {
  createWebhookReplay: {
    ...endpointAction,
    path: '/v1/webhook-endpoints/{endpointId}/replays',
    summary: 'Deliver a span of time again',
    description:
      'failed: exhausted and expired deliveries; held: let held ones go; missed: events that never had a delivery here; all: every event. Each keeps its webhook-id.',
    idempotent: 'idempotencyRow',
    body: z.strictObject({
      since: isoInput,
      until: isoInput.optional().meta({ description: 'Default: now' }),
      select: z.enum(['failed', 'held', 'missed', 'all']),
      types: eventsSchema.optional().meta({ description: 'Default: what the endpoint asks for' }),
    }),
    responses: { 201: replaySchema },
    faults: ['not_found', 'idempotency_key_reused'],
  },
  listWebhookReplays: {
    ...webhookCommon,
    method: 'GET',
    path: '/v1/webhook-endpoints/{endpointId}/replays',
    summary: 'Replays of an endpoint, newest first',
    scopes: ['webhooks:read'],
    idempotent: 'natural',
    params: endpointParams,
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(replaySchema) },
    faults: ['not_found', 'invalid_cursor'],
  },
  getWebhookReplay: {
    ...replayCommon,
    method: 'GET',
    path: '/v1/webhook-endpoints/{endpointId}/replays/{replayId}',
    summary: 'Progress of a replay',
    scopes: ['webhooks:read'],
    idempotent: 'natural',
    params: replayParams,
    responses: { 200: replaySchema },
    faults: ['not_found'],
  },
  cancelWebhookReplay: {
    ...replayCommon,
    method: 'POST',
    path: '/v1/webhook-endpoints/{endpointId}/replays/{replayId}/cancel',
    summary: 'Stop a replay; what it opened already goes out',
    scopes: ['webhooks:manage'],
    idempotent: 'natural',
    params: replayParams,
    body: emptyBody.optional(),
    responses: { 200: replaySchema },
    faults: ['not_found'],
  },
} as const satisfies Record<string, Operation>
