import { ExecutionAlreadyExists, StartExecutionCommand } from '../../../shared/aws/step-functions.ts'
import type { Mode } from '../../../shared/core/tenant-scope.ts'
import type { PlannerContext } from '../context.ts'

/** @param name of the launch: a second call with the same name launches nothing */
export const launchWorker = async (context: PlannerContext, mode: Mode, name: string): Promise<boolean> => {
  try {
    await context.stepFunctions.send(
      new StartExecutionCommand({
        stateMachineArn: context.lifecycleStateMachineArn,
        name,
        input: JSON.stringify({ v: 1, mode }),
      }),
    )
    return true
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists) return false
    throw error
  }
}
