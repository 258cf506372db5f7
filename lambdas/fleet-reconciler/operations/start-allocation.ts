import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  StartExecutionCommand,
} from '../../../shared/aws/step-functions.ts'
import { allocationName } from '../../../shared/core/placement.ts'
import type { Leases } from '../../../shared/store/leases.ts'
import type { LeaseRow } from '../../../shared/store/rows/session.ts'
import type { ReconcilerContext } from '../context.ts'

const TRIES = 3

/**
 * `running`: an execution of this name is under way; it may be past its decision, so look again in a moment.
 * `moved`: the lease changed under us; whoever changed it has hinted or will.
 */
export type StartOutcome = 'started' | 'running' | 'moved'

/**
 * Starts AllocateSession for this state of the lease. Names are burnt for 90 days, so "already exists" never means
 * handled (H1): an execution that ended without an owner costs the name, and the next attempt has another one.
 */
export const startAllocation = async (
  context: ReconcilerContext,
  leases: Leases,
  lease: LeaseRow,
): Promise<StartOutcome> => {
  let current = lease
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const name = allocationName(current.sessionId, current.epoch, current.attempt)
    if (await start(context, current, name)) return 'started'
    if (await isRunning(context, name)) return 'running'
    if (!(await leases.bumpAttempt(current))) return 'moved'
    current = { ...current, attempt: current.attempt + 1 }
  }
  return 'moved'
}

/** @returns false when the name is taken, by an execution that runs or by one that ended */
const start = async (context: ReconcilerContext, lease: LeaseRow, name: string): Promise<boolean> => {
  const { tenantId, mode, sessionId, epoch, attempt } = lease
  try {
    await context.stepFunctions.send(
      new StartExecutionCommand({
        stateMachineArn: context.allocateStateMachineArn,
        name,
        // The nonce makes every input different: with an equal input, StartExecution answers "started" for an execution
        // that has been running for a while and may be at its end.
        input: JSON.stringify({ v: 1, tenantId, mode, sessionId, epoch, attempt, nonce: String(context.random()) }),
      }),
    )
    return true
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists) return false
    throw error
  }
}

const isRunning = async (context: ReconcilerContext, name: string): Promise<boolean> => {
  const executionArn = `${context.allocateStateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`
  try {
    const { status } = await context.stepFunctions.send(new DescribeExecutionCommand({ executionArn }))
    return status === 'RUNNING'
  } catch (error) {
    // Its history is gone while its name is still taken: it has ended for sure.
    if (error instanceof ExecutionDoesNotExist) return false
    throw error
  }
}
