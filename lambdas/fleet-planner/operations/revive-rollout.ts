import { ExecutionAlreadyExists, StartExecutionCommand } from '../../../shared/aws/step-functions.ts'
import type { Mode } from '../../../shared/core/tenant-scope.ts'
import { Rollouts } from '../../../shared/store/rollouts.ts'
import type { PlannerContext } from '../context.ts'

/** The machine looks every few seconds; retries of a throttled call take a minute and a half at most. */
const MACHINE_IS_GONE_MS = 3 * 60_000

/**
 * A rollout whose machine was stopped, timed out or never started gets a new one. Two at once do no harm: a step decides
 * from rows and says the same to both.
 */
export const reviveRollout = async (context: PlannerContext, mode: Mode): Promise<'none' | 'looks' | 'revived'> => {
  const rollout = await new Rollouts(context.tables).get(mode)
  if (rollout?.status !== 'running' && rollout?.status !== 'aborting') return 'none'
  const now = context.now()
  if (now - (rollout.lookedAt ?? rollout.startedAt) < MACHINE_IS_GONE_MS) return 'looks'
  const generation = Math.floor(now / 60_000)
  try {
    await context.stepFunctions.send(
      new StartExecutionCommand({
        stateMachineArn: context.rolloutStateMachineArn,
        name: `${rollout.id}-${generation}`,
        input: JSON.stringify({ v: 1, mode, rolloutId: rollout.id, generation }),
      }),
    )
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists) return 'looks'
    throw error
  }
  context.log.warn({ rolloutId: rollout.id, mode, lookedAt: rollout.lookedAt }, 'rollout machine was gone: a new one')
  return 'revived'
}
