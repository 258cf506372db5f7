import * as z from 'zod'
import { idOutput, idParameter, isoTime, modeSchema, pageOf } from './common.ts'
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
    heartbeatAt: isoTime,
  })
  .meta({ id: 'Worker' })

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
} as const satisfies Record<string, Operation>
