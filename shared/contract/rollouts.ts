import * as z from 'zod'
import { idOutput, isoTime, modeSchema } from './common.ts'
import type { Operation } from './operation.ts'

export const rolloutSchema = z
  .object({
    id: idOutput('rol'),
    mode: modeSchema,
    version: z.string().meta({ description: 'workers of any other version are replaced' }),
    waveSize: z.number().int(),
    status: z.enum(['running', 'aborting', 'done', 'aborted', 'failed']),
    because: z.string().meta({ description: 'what the last step did, or what it waits for' }),
    startedAt: isoTime,
    endedAt: isoTime.nullable(),
  })
  .meta({ id: 'Rollout' })

const params = z.object({ mode: modeSchema })
const common = { function: 'api-keys', tag: 'admin', auth: 'admin', scopes: [] } as const

export const rolloutOperations = {
  startRollout: {
    ...common,
    method: 'POST',
    path: '/v1/admin/rollouts',
    summary: 'Replace the workers of a mode by the deployed version, wave by wave',
    description:
      'Room of the new version first, then one wave after the other. It waits while an alarm of the fleet rings and ends as failed after 15 minutes of it.',
    idempotent: 'none',
    body: z.strictObject({
      mode: modeSchema,
      version: z.string().min(1).max(100).optional().meta({ description: 'default: the deployed version' }),
      waveSize: z.int().min(1).max(20).default(2).meta({ description: 'workers that hand over at the same time' }),
      ignoreAlarms: z
        .boolean()
        .default(false)
        .meta({ description: 'go on while alarms of the fleet ring: for a version that repairs what rings' }),
    }),
    responses: { 202: rolloutSchema },
    faults: ['conflict'],
  },
  getRollout: {
    ...common,
    method: 'GET',
    path: '/v1/admin/rollouts/{mode}',
    summary: 'Get the last rollout of a mode',
    idempotent: 'natural',
    params,
    responses: { 200: rolloutSchema },
    faults: ['not_found'],
    notFound: 'There was no rollout of this mode.',
  },
  abortRollout: {
    ...common,
    method: 'POST',
    path: '/v1/admin/rollouts/{mode}/abort',
    summary: 'Stop after the present wave',
    description: 'Workers that hand over already go on; the others stay. A fleet of two versions is a legal one.',
    idempotent: 'natural',
    params,
    responses: { 202: rolloutSchema },
    faults: ['not_found'],
    notFound: 'There was no rollout of this mode.',
  },
} as const satisfies Record<string, Operation>
