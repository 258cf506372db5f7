import * as z from 'zod'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { makeSFNClient } from '../../shared/aws/step-functions.ts'
import { readEnvironment, requireEnvironment } from '../../shared/config/environment.ts'
import { makeLog } from '../../shared/log/log.ts'
import { modeSchema } from '../../shared/store/rows/fields.ts'
import { openTables } from '../../shared/store/tables.ts'
import type { PlannerContext } from './context.ts'
import { planMode, watchMode } from './operations/plan-mode.ts'
import { reviveRollout } from './operations/revive-rollout.ts'
import { stepRollout } from './operations/step-rollout.ts'

const eventSchema = z.union([
  z.object({
    v: z.literal(1),
    kind: z.literal('tick'),
    /** measures the fleet and looks after rollouts, but neither launches, drains nor moves (a laptop) */
    watchOnly: z.boolean().default(false),
  }),
  z.object({
    action: z.literal('stepRollout'),
    mode: modeSchema,
    /** names of those that ring; null: they could not be read */
    alarms: z.array(z.string()).nullable().default(null),
  }),
])

const context: PlannerContext = {
  tables: openTables(),
  sqs: makeSQSClient(),
  stepFunctions: makeSFNClient(),
  log: makeLog('fleet-planner'),
  lifecycleStateMachineArn: requireEnvironment('lifecycleStateMachineArn'),
  rolloutStateMachineArn: requireEnvironment('rolloutStateMachineArn'),
  workerCapacity: z.coerce.number().int().positive().parse(requireEnvironment('workerCapacity')),
  minimumWorkers: z.coerce
    .number()
    .int()
    .nonnegative()
    .parse(readEnvironment('minimumWorkers') ?? '0'),
  keepWarm: readEnvironment('keepWarm') === 'true',
  now: Date.now,
}

/** The schedule's tick plans both modes; RolloutWorkers asks for one step at a time. Every call may come twice. */
export const handler = async (event: unknown): Promise<unknown> => {
  const input = eventSchema.parse(event)
  if ('action' in input) return stepRollout(context, input)
  const reports = []
  for (const mode of ['live', 'test'] as const) {
    const plan = input.watchOnly ? await watchMode(context, mode) : await planMode(context, mode)
    reports.push({ mode, ...plan, rolloutMachine: await reviveRollout(context, mode) })
  }
  context.log.info({ reports }, 'planned')
  return { reports }
}
