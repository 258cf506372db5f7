import { deleteLogObjects, tombstoneLog } from '../auth-log/tombstone.ts'
import { logDeviceOf } from './open-hosted-log.ts'
import type { SessionContext } from './session-context.ts'

/** The log of a deleted session ends for ever. Safe to repeat. @throws when an owner with a later epoch claimed it */
export const deleteHostedLog = async (context: SessionContext, epoch: number): Promise<void> => {
  const device = logDeviceOf(context)
  const result = await tombstoneLog(device, epoch, Date.now())
  if (!result.ok) throw new Error(`no tombstone: HEAD has epoch ${result.headEpoch}, ours is ${epoch}`)
  await deleteLogObjects(device)
}
