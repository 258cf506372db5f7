import * as z from 'zod'
import { emptyBody, idOutput, idParameter, isoTime, modeSchema, pageQuery } from './common.ts'
import type { Operation } from './operation.ts'

export const eventSchema = z
  .object({
    id: idOutput('evt'),
    type: z.string().meta({ example: 'message.received' }),
    apiVersion: z.string(),
    tenantId: idOutput('ten'),
    mode: modeSchema,
    sessionId: z.string().nullable(),
    sequence: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'Per session 1, 2, 3… without gap; null for control-plane events' }),
    timestamp: isoTime,
    data: z.unknown(),
    expungedAt: isoTime
      .optional()
      .meta({ description: 'Only when its data was removed on request; data is null then' }),
  })
  .meta({ id: 'Event' })

const common = {
  method: 'GET',
  function: 'api-control',
  tag: 'events',
  auth: 'tenant',
  scopes: ['events:read'],
  sessionKeys: true,
  idempotent: 'natural',
} as const

const STREAM_DESCRIPTION =
  'Starts at now, or after Last-Event-ID (header or query): nothing is missed between two connections. A comment every 15 s; the stream ends after at most 14 minutes, connect again.'
const streamQuery = z.strictObject({
  ticket: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .meta({ description: 'Instead of a key: from `POST /v1/stream-tickets`, for one connection' }),
  lastEventId: z.string().min(1).max(8192).optional().meta({ description: 'For clients that cannot send the header' }),
})

export const eventOperations = {
  listEvents: {
    ...common,
    path: '/v1/events',
    summary: 'Read events, oldest first',
    description:
      'With sessionId: the events of one session after `afterSequence` (or after the cursor). Without: of the whole tenant, continued by the cursor; at most 200 sessions. nextCursor is always there: keep it and ask again.',
    query: z.strictObject({
      ...pageQuery,
      sessionId: idParameter('ses').optional(),
      afterSequence: z.coerce.number().int().min(0).max(999_999_999_999).optional(),
    }),
    responses: { 200: z.object({ data: z.array(eventSchema), nextCursor: z.string(), hasMore: z.boolean() }) },
    faults: ['not_found', 'invalid_cursor', 'use_session_cursors'],
    notFound: 'No session with this id.',
  },
  getEvent: {
    ...common,
    path: '/v1/events/{eventId}',
    summary: 'Get an event',
    params: z.object({ eventId: idParameter('evt') }),
    responses: { 200: eventSchema },
    faults: ['not_found'],
    notFound: 'No event with this id.',
  },
  expungeEvent: {
    ...common,
    method: 'POST',
    path: '/v1/events/{eventId}/expunge',
    summary: 'Remove the data of an event for good',
    description:
      'Its id, type, session, sequence and time stay, so that sequences keep no gap. Deliveries that still wait carry `data: null`. A message that the event told of is a resource of its own, and is not touched.',
    scopes: ['events:manage'],
    params: z.object({ eventId: idParameter('evt') }),
    body: emptyBody.optional(),
    responses: { 200: eventSchema },
    faults: ['not_found'],
    notFound: 'No event with this id.',
  },
  createStreamTicket: {
    ...common,
    method: 'POST',
    path: '/v1/stream-tickets',
    summary: 'A ticket for one stream, for clients that cannot send headers (EventSource)',
    description:
      'Valid for 60 seconds and for one connection, with the rights of this key. Get it in your backend, give it to the page, connect with `?ticket=…`; for the next connection get another one and send the last id as `lastEventId`.',
    idempotent: 'none',
    body: z.strictObject({ sessionId: idParameter('ses').optional() }).optional(),
    responses: {
      201: z.object({
        ticket: z.string().meta({ description: 'Only in this answer' }),
        sessionId: z.string().nullable().meta({ description: 'The one session that it opens; null: any of this key' }),
        expiresAt: isoTime,
      }),
    },
    faults: ['not_found'],
    notFound: 'No session with this id.',
  },
  streamSession: {
    ...common,
    acceptsTicket: true,
    function: 'api-stream',
    path: '/v1/sessions/{sessionId}/stream',
    summary: 'Live events of a session (server-sent events), with the QR while it is being linked',
    description: STREAM_DESCRIPTION,
    params: z.object({ sessionId: idParameter('ses') }),
    query: streamQuery,
    produces: ['text/event-stream'],
    responses: { 200: eventSchema },
    faults: ['not_found', 'invalid_cursor', 'quota_exceeded'],
    notFound: 'No session with this id.',
  },
  streamEvents: {
    ...common,
    acceptsTicket: true,
    sessionKeys: false,
    function: 'api-stream',
    path: '/v1/stream',
    summary: 'Live events of the whole tenant (server-sent events)',
    description: STREAM_DESCRIPTION,
    query: streamQuery,
    produces: ['text/event-stream'],
    responses: { 200: eventSchema },
    faults: ['invalid_cursor', 'use_session_cursors', 'quota_exceeded'],
  },
} as const satisfies Record<string, Operation>
