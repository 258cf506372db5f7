import { workerIdOfLaunch } from '../../../shared/core/placement.ts'
import type { Mode } from '../../../shared/core/tenant-scope.ts'
import { Workers } from '../../../shared/store/workers.ts'
import type { AllocatorContext } from '../context.ts'

/**
 * Writes the WORKER row of a launch, STARTING: from now on nobody launches another one for the same want. The id follows
 * from the launch, so that a repeated call finds its own row.
 */
export const registerWorker = async (
  context: AllocatorContext,
  input: { mode: Mode; launchName: string },
): Promise<{ workerId: string }> => {
  const workerId = workerIdOfLaunch(input.launchName)
  const now = context.now()
  const fresh = await new Workers(context.tables).register({
    v: 1,
    id: workerId,
    mode: input.mode,
    incarnation: 1,
    status: 'STARTING',
    heartbeat: { counter: 0, at: now },
    used: 0,
    capacity: context.workerCapacity,
    version: context.version ?? 'unknown',
    queueUrl: null,
    taskArn: null,
    rssBytes: null,
    replaying: null,
    createdAt: now,
  })
  context.log.info({ workerId, mode: input.mode, launchName: input.launchName, fresh }, 'worker registered')
  return { workerId }
}
