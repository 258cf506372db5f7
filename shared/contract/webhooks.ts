import * as z from 'zod'
import { DEFAULT_RATE_PER_SECOND } from '../core/endpoint-rate.ts'
import { RETRY_POLICIES } from '../core/retry-schedule.ts'
import { emptyBody, idOutput, idParameter, isoTime, modeSchema, pageOf, pageQuery } from './common.ts'
import { isEventPattern } from './event-types.ts'
import type { Operation } from './operation.ts'

const DELIVERY_STATUSES = [
  'pending',
  'inFlight',
  'retrying',
  'delivered',
  'exhausted',
  'held',
  'expired',
  'canceled',
] as const

const settingFields = {
  sessions: z.array(z.string()).meta({ description: 'Only events of these sessions; empty: of all' }),
  chats: z.array(z.string()).meta({
    description:
      'Only events of these chats (contact id, phone, LID or jid); empty: of all. Events without a chat pass.',
  }),
  payload: z.enum(['full', 'thin']).meta({ description: 'thin: everything but `data`; fetch the event by its id' }),
  ordering: z.enum(['none', 'session']).meta({
    description: 'session: the next event of a session waits for the one before it, at most 15 minutes',
  }),
  retry: z
    .enum(RETRY_POLICIES)
    .meta({ description: 'standard: 12 attempts in about 71 h; short: 5 in about 13 min; none: 1' }),
  maxAgeSeconds: z.number().int().nullable().meta({ description: 'Older events are not posted any more: `expired`' }),
  ratePerSecond: z.number().int().meta({ description: 'Ceiling; halves on 429 and time-outs and climbs back' }),
}
const endpointFields = {
  id: idOutput('whk'),
  mode: modeSchema,
  url: z.string(),
  events: z.array(z.string()),
  ...settingFields,
  description: z.string(),
  status: z.enum(['active', 'paused', 'disabled']),
  statusReason: z.string().nullable(),
  createdAt: isoTime,
}
export const endpointSchema = z.object(endpointFields).meta({ id: 'WebhookEndpoint' })
export const createdEndpointSchema = z
  .object({
    ...endpointFields,
    secret: z
      .string()
      .nullable()
      .meta({ description: 'Signing secret: only in this answer; null when it is a repeated one' }),
  })
  .meta({ id: 'CreatedWebhookEndpoint' })

export const deliverySchema = z
  .object({
    id: idOutput('dlv'),
    endpointId: idOutput('whk'),
    eventId: idOutput('evt'),
    eventType: z.string(),
    sessionId: z.string().nullable(),
    sequence: z.number().int().nullable(),
    generation: z.number().int().meta({ description: '1; each replay or retry of a settled delivery adds one' }),
    status: z.enum(DELIVERY_STATUSES),
    heldReason: z.enum(['paused', 'disabled', 'failing']).nullable(),
    attempts: z.number().int(),
    nextAttemptAt: isoTime.nullable(),
    lastError: z.string().nullable(),
    lastStatus: z.number().int().nullable(),
    createdAt: isoTime,
    completedAt: isoTime.nullable(),
  })
  .meta({ id: 'Delivery' })

export const attemptSchema = z
  .object({
    id: idOutput('att'),
    number: z.number().int(),
    at: isoTime,
    error: z
      .enum(['dns_failed', 'blocked_address', 'connect_refused', 'tls_failed', 'timeout', 'reset', 'http_status'])
      .nullable(),
    request: z.object({
      url: z.string().nullable(),
      headers: z.record(z.string(), z.string()).meta({ description: 'Signatures are masked' }),
    }),
    response: z
      .object({
        status: z.number().int(),
        headers: z.record(z.string(), z.string()),
        body: z.string().nullable().meta({ description: 'First 16 kB' }),
      })
      .nullable(),
    timing: z.object({ firstByteMs: z.number().nullable(), totalMs: z.number() }),
  })
  .meta({ id: 'DeliveryAttempt' })

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

const eventsSchema = z
  .array(z.string().refine(isEventPattern, 'Not an event type, `area.*` or `*`'))
  .min(1)
  .max(100)
  .meta({ example: ['message.*', 'session.connected'] })
const urlSchema = z.string().min(1).max(2048).meta({ example: 'https://example.com/hook' })
const descriptionSchema = z.string().max(500)

const MAXIMUM_FILTERS = 100
/** Settings as they are asked for; all optional. */
const settings = {
  sessions: z.array(idParameter('ses')).max(MAXIMUM_FILTERS),
  chats: z.array(z.string().min(1).max(128)).max(MAXIMUM_FILTERS),
  payload: settingFields.payload,
  ordering: settingFields.ordering,
  retry: settingFields.retry,
  maxAgeSeconds: z.number().int().min(60).max(2_592_000).nullable(),
  ratePerSecond: z.number().int().min(1).max(500),
}

const common = {
  function: 'api-control',
  tag: 'webhooks',
  auth: 'tenant',
  notFound: 'No webhook endpoint with this id.',
} as const
const params = z.object({ endpointId: idParameter('whk') })
const isoInput = z.iso.datetime().meta({ example: '2026-11-21T10:00:00.000Z' })
const endpointAction = {
  ...common,
  method: 'POST',
  scopes: ['webhooks:manage'],
  params,
  body: emptyBody.optional(),
} as const
const deliveryCommon = { ...common, notFound: 'No delivery with this id.' } as const
const deliveryParams = z.object({ deliveryId: idParameter('dlv') })
const replayCommon = { ...common, notFound: 'No replay with this id.' } as const
const replayParams = z.object({ endpointId: idParameter('whk'), replayId: idParameter('rpl') })

export const webhookOperations = {
  createWebhookEndpoint: {
    ...common,
    method: 'POST',
    path: '/v1/webhook-endpoints',
    summary: 'Register a webhook endpoint',
    scopes: ['webhooks:manage'],
    idempotent: 'idempotencyRow',
    body: z.strictObject({
      url: urlSchema,
      events: eventsSchema.default(['*']),
      description: descriptionSchema.default(''),
      sessions: settings.sessions.default([]),
      chats: settings.chats.default([]),
      payload: settings.payload.default('full'),
      ordering: settings.ordering.default('none'),
      retry: settings.retry.default('standard'),
      maxAgeSeconds: settings.maxAgeSeconds.default(null),
      ratePerSecond: settings.ratePerSecond.default(DEFAULT_RATE_PER_SECOND),
    }),
    responses: { 201: createdEndpointSchema },
    faults: ['quota_exceeded', 'idempotency_key_reused'],
  },
  listWebhookEndpoints: {
    ...common,
    method: 'GET',
    path: '/v1/webhook-endpoints',
    summary: 'List webhook endpoints, newest first',
    scopes: ['webhooks:read'],
    idempotent: 'natural',
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(endpointSchema) },
    faults: ['invalid_cursor'],
  },
  getWebhookEndpoint: {
    ...common,
    method: 'GET',
    path: '/v1/webhook-endpoints/{endpointId}',
    summary: 'Get a webhook endpoint',
    scopes: ['webhooks:read'],
    idempotent: 'natural',
    params,
    responses: { 200: endpointSchema },
    faults: ['not_found'],
  },
  updateWebhookEndpoint: {
    ...common,
    method: 'PATCH',
    path: '/v1/webhook-endpoints/{endpointId}',
    summary: 'Change url, events, filters or delivery settings',
    scopes: ['webhooks:manage'],
    idempotent: 'natural',
    params,
    body: z.strictObject({
      url: urlSchema.optional(),
      events: eventsSchema.optional(),
      description: descriptionSchema.optional(),
      ...z.object(settings).partial().shape,
    }),
    responses: { 200: endpointSchema },
    faults: ['not_found'],
  },
  deleteWebhookEndpoint: {
    ...common,
    method: 'DELETE',
    path: '/v1/webhook-endpoints/{endpointId}',
    summary: 'Remove a webhook endpoint',
    scopes: ['webhooks:manage'],
    idempotent: 'natural',
    params,
    responses: { 204: null },
    faults: ['not_found'],
  },
  listDeliveries: {
    ...common,
    method: 'GET',
    path: '/v1/webhook-endpoints/{endpointId}/deliveries',
    summary: 'The ledger: one entry per event for this endpoint, newest first',
    scopes: ['webhooks:read'],
    idempotent: 'natural',
    params,
    query: z.strictObject({
      ...pageQuery,
      status: z.enum(DELIVERY_STATUSES).optional(),
      type: z.string().max(100).optional().meta({ description: 'Exact event type' }),
      since: isoInput.optional(),
      until: isoInput.optional(),
    }),
    responses: { 200: pageOf(deliverySchema) },
    faults: ['not_found', 'invalid_cursor'],
  },
  pauseWebhookEndpoint: {
    ...endpointAction,
    path: '/v1/webhook-endpoints/{endpointId}/pause',
    summary: 'Pause: deliveries are held until resume',
    idempotent: 'natural',
    responses: { 200: endpointSchema },
    faults: ['not_found', 'endpoint_not_active'],
  },
  resumeWebhookEndpoint: {
    ...endpointAction,
    path: '/v1/webhook-endpoints/{endpointId}/resume',
    summary: 'Resume a paused or disabled endpoint: held deliveries go out, oldest first, at the rate of the endpoint',
    idempotent: 'natural',
    responses: { 200: endpointSchema },
    faults: ['not_found', 'conflict'],
  },
  rotateWebhookSecret: {
    ...endpointAction,
    path: '/v1/webhook-endpoints/{endpointId}/rotate-secret',
    summary: 'A new signing secret; the old one signs too until the overlap ends',
    description: 'At most three secrets sign at a time: with a fourth the oldest ends at once.',
    idempotent: 'none',
    body: z.strictObject({ overlapSeconds: z.number().int().min(0).max(604_800).default(86_400) }).optional(),
    responses: { 200: createdEndpointSchema },
    faults: ['not_found', 'conflict'],
  },
  testWebhookEndpoint: {
    ...endpointAction,
    path: '/v1/webhook-endpoints/{endpointId}/test',
    summary: 'Post a test event now and get the attempt back',
    idempotent: 'none',
    responses: { 200: attemptSchema },
    faults: ['not_found'],
  },
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
    ...common,
    method: 'GET',
    path: '/v1/webhook-endpoints/{endpointId}/replays',
    summary: 'Replays of an endpoint, newest first',
    scopes: ['webhooks:read'],
    idempotent: 'natural',
    params,
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
  getDelivery: {
    ...deliveryCommon,
    method: 'GET',
    path: '/v1/webhook-deliveries/{deliveryId}',
    summary: 'Get a delivery',
    scopes: ['webhooks:read'],
    idempotent: 'natural',
    params: deliveryParams,
    responses: { 200: deliverySchema },
    faults: ['not_found'],
  },
  listDeliveryAttempts: {
    ...deliveryCommon,
    method: 'GET',
    path: '/v1/webhook-deliveries/{deliveryId}/attempts',
    summary: 'Every attempt with request, answer and error, oldest first',
    scopes: ['webhooks:read'],
    idempotent: 'natural',
    params: deliveryParams,
    responses: { 200: pageOf(attemptSchema) },
    faults: ['not_found'],
  },
  retryDelivery: {
    ...deliveryCommon,
    method: 'POST',
    path: '/v1/webhook-deliveries/{deliveryId}/retry',
    summary: 'Deliver now',
    description:
      'A planned retry is superseded. A settled delivery is opened again as the next generation, with the same webhook-id.',
    scopes: ['webhooks:manage'],
    idempotent: 'none',
    params: deliveryParams,
    body: emptyBody.optional(),
    responses: { 202: deliverySchema },
    faults: ['not_found', 'endpoint_not_active', 'conflict'],
  },
} as const satisfies Record<string, Operation>
