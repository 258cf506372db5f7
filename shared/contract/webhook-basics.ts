import * as z from 'zod'
import { emptyBody, idParameter } from './common.ts'
import { isEventPattern } from './event-types.ts'

/** What the operations of endpoints, deliveries and replays share. */
export const webhookCommon = {
  function: 'api-control',
  tag: 'webhooks',
  auth: 'tenant',
  notFound: 'No webhook endpoint with this id.',
} as const

export const endpointParams = z.object({ endpointId: idParameter('whk') })

export const endpointAction = {
  ...webhookCommon,
  method: 'POST',
  scopes: ['webhooks:manage'],
  params: endpointParams,
  body: emptyBody.optional(),
} as const

export const isoInput = z.iso.datetime().meta({ example: '2026-11-21T10:00:00.000Z' })

export const eventsSchema = z
  .array(z.string().refine(isEventPattern, 'Not an event type, `area.*` or `*`'))
  .min(1)
  .max(100)
  .meta({ example: ['message.*', 'session.connected'] })
