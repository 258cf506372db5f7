import * as z from 'zod'
import type { FaultCode } from '../core/fault.ts'
import { OPERATION_STATUSES } from '../core/operation-kinds.ts'
import { idOutput, idParameter, isoTime, modeSchema } from './common.ts'
import type { Operation } from './operation.ts'

export const operationSchema = z
  .object({
    id: idOutput('op'),
    sessionId: idOutput('ses'),
    mode: modeSchema,
    kind: z.string().meta({ example: 'createGroup', description: 'The operation of this API that made it' }),
    status: z.enum(OPERATION_STATUSES).meta({
      description:
        'pending: waits for the session to be connected; expired: it had no effect; unknown: WhatsApp never confirmed it, it may have had its effect',
    }),
    result: z.unknown().meta({ description: 'Of a succeeded one: the body that its 200 would have had; else null' }),
    failure: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }).nullable(),
    createdAt: isoTime,
    expiresAt: isoTime,
    completedAt: isoTime.nullable(),
  })
  .meta({ id: 'Operation' })

export const WAIT_DESCRIPTION =
  'The session carries it out. 200 with the answer when that takes less than `Prefer: wait=<seconds>` (default 8, at most 20, 0: do not wait), else 202 with the operation to ask for.'

/** How a command can end, besides what is wrong with the request itself. */
export const COMMAND_FAULTS = [
  'not_found',
  'session_not_linked',
  'session_state_conflict',
  'idempotency_key_reused',
  'whatsapp_rate_limited',
  'whatsapp_timeout',
  'whatsapp_rejected',
  'outcome_unknown',
  'operation_expired',
] as const satisfies readonly FaultCode[]

/** What all operations that make a command have in common. */
export const command = {
  function: 'api-operations',
  auth: 'tenant',
  sessionKeys: true,
  description: WAIT_DESCRIPTION,
  notFound: 'No session with this id.',
} as const

export const operationOperations = {
  getOperation: {
    method: 'GET',
    path: '/v1/operations/{operationId}',
    function: 'api-operations',
    summary: 'Get an operation and its answer',
    description: 'Needs the scopes of the request that made it. Kept for 7 days.',
    tag: 'operations',
    auth: 'tenant',
    scopes: [],
    sessionKeys: true,
    idempotent: 'natural',
    params: z.object({ operationId: idParameter('op') }),
    responses: { 200: operationSchema },
    faults: ['not_found'],
    notFound: 'No operation with this id.',
  },
} as const satisfies Record<string, Operation>
