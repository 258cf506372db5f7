import { assertNever } from '../../shared/core/assert-never.ts'
import { decideLogFault } from '../../shared/core/log-fault.ts'
import type { SessionReason } from '../../shared/core/session-status.ts'
import type { DesiredState } from '../../shared/store/rows/session.ts'
import { deleteLogObjects, fenceUnread } from '../auth-log/tombstone.ts'
import { deleteHostedLog } from './delete-hosted-log.ts'
import { endWithoutLog } from './end-without-log.ts'
import type { HostingEnd, HostingRows } from './hosting-rows.ts'
import { logDeviceOf, type OpenedLog } from './open-hosted-log.ts'
import type { SessionContext } from './session-context.ts'

export type UnopenedLog = Extract<OpenedLog, { readonly outcome: 'tombstone' | 'unreadable' | 'quarantined' }>
type Why = Pick<SessionReason, 'code' | 'nextAction' | 'fault'>

/**
 * What becomes of a session whose log is not open: not a byte of it is written while somebody may want it, because it may
 * be whole for another worker, or after a person put something back. Only a delete ends it unread.
 * @returns how the session leaves this worker
 */
export const leaveUnopened = (
  context: SessionContext,
  rows: HostingRows,
  unopened: UnopenedLog,
): Promise<HostingEnd> => {
  switch (unopened.outcome) {
    case 'tombstone':
      return finishDelete(context, rows)
    case 'unreadable':
      return leaveUnreadable(context, rows, unopened)
    case 'quarantined':
      return giveUp(context, rows, unopened, { code: 'quarantined', nextAction: 'restart' })
    default:
      return assertNever(unopened)
  }
}

/** Whoever made the tombstone may not have lived to delete the rest. */
const finishDelete = async (context: SessionContext, rows: HostingRows): Promise<HostingEnd> => {
  await deleteLogObjects(logDeviceOf(context))
  return rows.letGo(true, 'DELETED')
}

const leaveUnreadable = async (
  context: SessionContext,
  rows: HostingRows,
  { epoch, desired, fault }: Extract<UnopenedLog, { readonly outcome: 'unreadable' }>,
): Promise<HostingEnd> => {
  const { action, code, nextAction } = decideLogFault(fault)
  if (action === 'fail') return giveUp(context, rows, { epoch, desired }, { code, nextAction, fault })
  const { log, services } = context
  log.error(
    { fault, version: services.version },
    'a newer version wrote the log, a worker of that version has to open it',
  )
  if (desired === 'RUNNING') await rows.sayReconnecting(epoch, { code, fault, nextAction })
  return (await rows.release(false, { refusedBy: services.version })) ? 'handedOn' : 'lost'
}

const giveUp = async (
  context: SessionContext,
  rows: HostingRows,
  { epoch, desired }: { readonly epoch: number; readonly desired: DesiredState },
  why: Why,
): Promise<HostingEnd> => {
  context.log.error(why, 'the session is given up')
  if (desired === 'DELETED') {
    await buryUnread(context, rows, epoch, why)
    return rows.letGo(true, 'DELETED')
  }
  await rows.fail(epoch, why)
  if (desired === 'RUNNING') await rows.setDesired('STOPPED')
  return rows.letGo(true, desired)
}

/**
 * A delete without the log: nothing is to be put back any more, and whoever had it before us must write and send no more
 * either. What waits is ended, then the log.
 */
const buryUnread = async (context: SessionContext, rows: HostingRows, epoch: number, why: Why): Promise<void> => {
  await rows.fail(epoch, { ...why, nextAction: 'unlink_on_phone' })
  await fenceUnread(logDeviceOf(context), context.sessionId, epoch)
  await endWithoutLog(context)
  await deleteHostedLog(context, epoch)
}
