import * as z from 'zod'
import { DEFAULT_RATE_PER_SECOND } from '../core/endpoint-rate.ts'
import { RETRY_POLICIES } from '../core/retry-schedule.ts'
import { SIGNING_SCHEMES } from '../core/webhook-signature.ts'
import { idOutput, idParameter, isoTime, modeSchema, pageOf, pageQuery } from './common.ts'
import type { Operation } from './operation.ts'
import { endpointAction, endpointParams, eventsSchema, webhookCommon } from './webhook-basics.ts'
import { attemptSchema } from './webhook-deliveries.ts'

const settingFields = {
  sessions: z.array(z.string()).meta({ description: 'Only events of these sessions; empty: of all' }),
  chats: z.array(z.string()).meta({
    description:
      'Only events of these chats (contact id, phone, LID or jid); empty: of all. Events without a chat pass.',
  }),
  payload: z.enum(['full', 'thin']).meta({ description: 'thin: everything but `data`; fetch the event by its id' }),
  retry: z
    .enum(RETRY_POLICIES)
    .meta({ description: 'standard: 12 attempts in about 71 h; short: 5 in about 13 min; none: 1' }),
  maxAgeSeconds: z.number().int().nullable().meta({ description: 'Older events are not posted any more: `expired`' }),
  signing: z.enum(SIGNING_SCHEMES).meta({
    description: 'hmacAndEd25519: each delivery has `v1a` signatures too, to be verified with `publicKeys`',
  }),
  ordering: z.enum(['none', 'session']).meta({
    description:
      'session: events of one session come one at a time, by sequence; one that fails holds the next ones back for at most 15 minutes. Replays and retries by hand are not ordered.',
  }),
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
  publicKeys: z
    .array(z.string())
    .meta({ description: '`whpk_…` of every live secret, newest first; empty unless Ed25519 is on' }),
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

const urlSchema = z.string().min(1).max(2048).meta({ example: 'https://example.com/hook' })
const descriptionSchema = z.string().max(500)

const MAXIMUM_FILTERS = 100
/** Settings as they are asked for; all optional. */
const settings = {
  sessions: z.array(idParameter('ses')).max(MAXIMUM_FILTERS),
  chats: z.array(z.string().min(1).max(128)).max(MAXIMUM_FILTERS),
  payload: settingFields.payload,
  retry: settingFields.retry,
  maxAgeSeconds: z.number().int().min(60).max(2_592_000).nullable(),
  signing: settingFields.signing,
  ordering: settingFields.ordering,
  ratePerSecond: z.number().int().min(1).max(500),
}

export const webhookEndpointOperations = {
  createWebhookEndpoint: {
    ...webhookCommon,
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
      retry: settings.retry.default('standard'),
      maxAgeSeconds: settings.maxAgeSeconds.default(null),
      signing: settings.signing.default('hmac'),
      ordering: settings.ordering.default('none'),
      ratePerSecond: settings.ratePerSecond.default(DEFAULT_RATE_PER_SECOND),
    }),
    responses: { 201: createdEndpointSchema },
    faults: ['quota_exceeded', 'idempotency_key_reused'],
  },
  listWebhookEndpoints: {
    ...webhookCommon,
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
    ...webhookCommon,
    method: 'GET',
    path: '/v1/webhook-endpoints/{endpointId}',
    summary: 'Get a webhook endpoint',
    scopes: ['webhooks:read'],
    idempotent: 'natural',
    params: endpointParams,
    responses: { 200: endpointSchema },
    faults: ['not_found'],
  },
  updateWebhookEndpoint: {
    ...webhookCommon,
    method: 'PATCH',
    path: '/v1/webhook-endpoints/{endpointId}',
    summary: 'Change url, events, filters or delivery settings',
    scopes: ['webhooks:manage'],
    idempotent: 'natural',
    params: endpointParams,
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
    ...webhookCommon,
    method: 'DELETE',
    path: '/v1/webhook-endpoints/{endpointId}',
    summary: 'Remove a webhook endpoint',
    scopes: ['webhooks:manage'],
    idempotent: 'natural',
    params: endpointParams,
    responses: { 204: null },
    faults: ['not_found', 'conflict'],
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
} as const satisfies Record<string, Operation>
