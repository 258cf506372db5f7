import * as z from 'zod'
import { idOutput, idParameter, isoTime, modeSchema, pageOf, pageQuery } from './common.ts'
import type { Operation } from './operation.ts'

export const workerSchema = z
  .object({
    id: idOutput('wrk'),
    incarnation: z.number().int(),
    mode: modeSchema,
    status: z.enum(['starting', 'ready', 'draining', 'drained', 'dead']),
    sessions: z.number().int(),
    capacity: z.number().int(),
    version: z.string(),
    rssMb: z.number().nullable(),
    loopLagMs: z.number().nullable().meta({ description: '99th percentile of the event loop delay between two beats' }),
    heartbeatAt: isoTime,
  })
  .meta({ id: 'Worker' })

export const placedSessionSchema = z
  .object({
    id: idOutput('ses'),
    tenantId: idOutput('ten'),
    mode: modeSchema,
    desired: z.enum(['running', 'stopped', 'logged_out', 'deleted']),
    workerId: idOutput('wrk').nullable().meta({ description: 'null: nobody has it at the moment' }),
    epoch: z.number().int(),
  })
  .meta({ id: 'PlacedSession' })

const common = {
  method: 'GET',
  function: 'api-keys',
  tag: 'admin',
  auth: 'admin',
  scopes: [],
  idempotent: 'natural',
} as const

export const adminOperations = {
  listWorkers: {
    ...common,
    path: '/v1/admin/workers',
    summary: 'List workers of both modes',
    responses: { 200: pageOf(workerSchema) },
    faults: [],
  },
  getWorker: {
    ...common,
    path: '/v1/admin/workers/{workerId}',
    summary: 'Get a worker',
    params: z.object({ workerId: idParameter('wrk') }),
    responses: { 200: workerSchema },
    faults: ['not_found'],
    notFound: 'No worker with this id.',
  },
  drainWorker: {
    ...common,
    method: 'POST',
    path: '/v1/admin/workers/{workerId}/drain',
    summary: 'Hand over all sessions of a worker, then end it',
    params: z.object({ workerId: idParameter('wrk') }),
    responses: { 202: workerSchema },
    faults: ['not_found', 'conflict'],
    notFound: 'No worker with this id.',
  },
  listPlacedSessions: {
    ...common,
    path: '/v1/admin/sessions',
    summary: 'List sessions of all tenants with the workers that have them',
    description: 'One page holds the sessions of whole workers; those that nobody has come last.',
    query: z.object({ workerId: idParameter('wrk').optional(), mode: modeSchema.optional(), cursor: pageQuery.cursor }),
    responses: { 200: pageOf(placedSessionSchema) },
    faults: ['invalid_cursor'],
  },
  moveSession: {
    ...common,
    method: 'POST',
    path: '/v1/admin/sessions/{sessionId}/move',
    summary: 'Ask the worker of a session to hand it over to another one',
    description: 'The present worker finishes what is in flight and closes; another one takes it within seconds.',
    params: z.object({ sessionId: idParameter('ses') }),
    body: z.strictObject({ tenantId: idParameter('ten'), mode: modeSchema }),
    responses: { 202: placedSessionSchema },
    faults: ['not_found', 'conflict'],
    notFound: 'No session with this id in this tenant and mode.',
  },
} as const satisfies Record<string, Operation>
