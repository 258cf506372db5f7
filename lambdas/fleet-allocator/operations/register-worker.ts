import { failedToStartLately, workerIdOfLaunch } from '../../../shared/core/placement.ts'
import type { Mode } from '../../../shared/core/tenant-scope.ts'
import { Workers } from '../../../shared/store/workers.ts'
import type { AllocatorContext } from '../context.ts'

/**
 * Writes the WORKER row of a launch, STARTING: from now on nobody launches another one for the same want. The id follows
 * from the launch, so that a repeated call finds its own row.
 * @returns `startsFail`: one of the last launches died before its first beat. ECS takes a Spot task that it has no capacity for
 * and stops it afterwards; such a launch is not repeated on Spot.
 */
export const registerWorker = async (
  context: AllocatorContext,
  input: { mode: Mode; launchName: string },
): Promise<{ workerId: string; startsFail: boolean }> => {
  const workers = new Workers(context.tables)
  const workerId = workerIdOfLaunch(input.launchName)
  const now = context.now()
  const fleet = await workers.list(input.mode)
  const fresh = await workers.register({
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
  return { workerId, startsFail: fleet.some((worker) => failedToStartLately(worker, now)) }
}
