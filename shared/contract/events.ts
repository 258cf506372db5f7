import * as z from 'zod'
import { idOutput, idParameter, isoTime, modeSchema, pageQuery } from './common.ts'
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
} as const satisfies Record<string, Operation>
