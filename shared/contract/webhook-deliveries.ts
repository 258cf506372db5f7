import * as z from 'zod'
import { emptyBody, idOutput, idParameter, isoTime, pageOf, pageQuery } from './common.ts'
import type { Operation } from './operation.ts'
import { endpointParams, isoInput, webhookCommon } from './webhook-basics.ts'

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
    expungedAt: isoTime.nullable().meta({ description: 'When request and answer were removed on request' }),
    connection: z
      .object({
        address: z.string().meta({ description: 'The address that was reached', example: '198.51.100.7' }),
        dnsMs: z.number().nullable(),
        connectMs: z.number().nullable(),
        tlsMs: z.number().nullable(),
      })
      .nullable()
      .meta({ description: 'null: none was made. Times are null where a connection that was open already was used' }),
    timing: z.object({ firstByteMs: z.number().nullable(), totalMs: z.number() }),
  })
  .meta({ id: 'DeliveryAttempt' })

const deliveryCommon = { ...webhookCommon, notFound: 'No delivery with this id.' } as const
const deliveryParams = z.object({ deliveryId: idParameter('dlv') })

export const webhookDeliveryOperations = {
  listDeliveries: {
    ...webhookCommon,
    method: 'GET',
    path: '/v1/webhook-endpoints/{endpointId}/deliveries',
    summary: 'The ledger: one entry per event for this endpoint, newest first',
    scopes: ['webhooks:read'],
    idempotent: 'natural',
    params: endpointParams,
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
  expungeDelivery: {
    ...deliveryCommon,
    method: 'POST',
    path: '/v1/webhook-deliveries/{deliveryId}/expunge',
    summary: 'Remove what the attempts of a delivery keep of request and answer',
    description:
      'URL, headers and bodies go; number, time, status, error and timing of each attempt stay. The data of the event itself: `POST /v1/events/{eventId}/expunge`.',
    scopes: ['webhooks:manage'],
    idempotent: 'natural',
    params: deliveryParams,
    body: emptyBody.optional(),
    responses: { 200: deliverySchema },
    faults: ['not_found', 'conflict'],
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
