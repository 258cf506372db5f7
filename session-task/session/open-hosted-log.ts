import type { LogFault } from '../../shared/core/log-fault.ts'
import { Leases, sameOwner } from '../../shared/store/leases.ts'
import type { DesiredState, SessionRow } from '../../shared/store/rows/session.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import { openSessionLog } from '../auth-log/open-log.ts'
import { S3LogDevice } from '../auth-log/s3-log-device.ts'
import { tenantKeyWrap } from '../auth-log/session-keys.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { SessionContext } from './session-context.ts'

const OPEN_TRIES = 6
const QUARANTINE_CRASHES = 5

export type OpenedLog =
  | {
      readonly outcome: 'open'
      readonly sessionLog: SessionLog
      readonly row: SessionRow | null
      readonly desired: DesiredState
      readonly epoch: number
    }
  /** the lease names somebody else, or nobody */
  | { readonly outcome: 'notOurs' }
  | {
      readonly outcome: 'unreadable'
      readonly epoch: number
      readonly desired: DesiredState
      readonly fault: LogFault
    }
  /** it took workers down too often (protocol §3, C3): a person has to look */
  | { readonly outcome: 'quarantined'; readonly epoch: number; readonly desired: DesiredState }
  | { readonly outcome: 'tombstone'; readonly epoch: number }

/** A linked session must have credentials in its log. While it links again it may have none. */
const expectsCredentials = (row: SessionRow | null): boolean =>
  row !== null && row.phone !== null && !['created', 'linking', 'loggedOut'].includes(row.status)

export const logDeviceOf = ({ services, scope, sessionId }: SessionContext): S3LogDevice =>
  new S3LogDevice({ client: services.logClient, bucket: services.authBucket, scope, sessionId })

/**
 * lease → open → fence (protocol §3). A HEAD at or above our epoch, while the lease still names us, is a trace of an
 * earlier open: the lease's epoch is raised above it.
 * @param isReopen this worker opened the log before under this lease: the epoch must be new
 * @throws StorageAwayError, and what DynamoDB or KMS throw: try again later
 */
export const openHostedLog = async (context: SessionContext, isReopen: boolean): Promise<OpenedLog> => {
  const { services, scope, sessionId } = context
  const leases = new Leases(services.tables, scope)
  let headEpoch: number | null = isReopen ? 0 : null
  for (let attempt = 0; attempt < OPEN_TRIES; attempt++) {
    if (headEpoch !== null && (await leases.raiseEpoch(sessionId, services.owner, headEpoch)) === null)
      return { outcome: 'notOurs' }
    const lease = await leases.get(sessionId)
    if (!lease || !sameOwner(lease.owner, services.owner)) return { outcome: 'notOurs' }
    const { epoch, desired } = lease
    if (lease.crashes >= QUARANTINE_CRASHES) return { outcome: 'quarantined', epoch, desired }
    const row = await new Sessions(services.tables, scope).get(sessionId)
    const result = await openSessionLog({
      device: logDeviceOf(context),
      sessionKeyWrap: tenantKeyWrap(services.tenantKeys, scope, sessionId),
      sessionId,
      epoch,
      claimant: { workerId: services.owner.workerId, incarnation: String(services.owner.incarnation) },
      expectLinked: expectsCredentials(row),
      log: context.log,
      limits: services.logLimits,
      pauseDetector: services.pauseDetector,
    })
    if (result.ok) return { outcome: 'open', sessionLog: result.log, row, desired, epoch }
    context.log.warn(
      { reason: result.reason, fault: result.fault, headEpoch: result.headEpoch, detail: result.detail },
      'log not opened',
    )
    if (result.reason === 'tombstone') return { outcome: 'tombstone', epoch }
    if (result.reason === 'stateLost')
      return { outcome: 'unreadable', epoch, desired, fault: result.fault ?? 'unreadable_head' }
    headEpoch = Math.max(result.headEpoch, epoch)
  }
  throw new Error(`the log of ${sessionId} was claimed by others ${OPEN_TRIES} times while the lease named us`)
}
