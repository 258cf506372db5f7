import * as z from 'zod'
import { idOutput, idParameter, isoTime, modeSchema, pageOf, pageQuery } from './common.ts'
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

const endpointFields = {
  id: idOutput('whk'),
  mode: modeSchema,
  url: z.string(),
  events: z.array(z.string()),
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
    status: z.enum(DELIVERY_STATUSES),
    attempts: z.number().int(),
    nextAttemptAt: isoTime.nullable(),
    lastError: z.string().nullable(),
    lastStatus: z.number().int().nullable(),
    createdAt: isoTime,
    completedAt: isoTime.nullable(),
  })
  .meta({ id: 'Delivery' })

const eventsSchema = z
  .array(z.string().refine(isEventPattern, 'Not an event type, `area.*` or `*`'))
  .min(1)
  .max(100)
  .meta({ example: ['message.*', 'session.connected'] })
const urlSchema = z.string().min(1).max(2048).meta({ example: 'https://example.com/hook' })
const descriptionSchema = z.string().max(500)

const common = {
  function: 'api-control',
  tag: 'webhooks',
  auth: 'tenant',
  notFound: 'No webhook endpoint with this id.',
} as const
const params = z.object({ endpointId: idParameter('whk') })

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
    summary: 'Change url, events or description',
    scopes: ['webhooks:manage'],
    idempotent: 'natural',
    params,
    body: z.strictObject({
      url: urlSchema.optional(),
      events: eventsSchema.optional(),
      description: descriptionSchema.optional(),
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
    query: z.strictObject({ ...pageQuery, status: z.enum(DELIVERY_STATUSES).optional() }),
    responses: { 200: pageOf(deliverySchema) },
    faults: ['not_found', 'invalid_cursor'],
  },
} as const satisfies Record<string, Operation>
