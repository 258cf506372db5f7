import { presentSession } from '../../shared/contract/present.ts'
import type { SessionReason, SessionStatus } from '../../shared/core/session-status.ts'
import { makeControlEvent, publishCalmly } from '../../shared/events/control-events.ts'
import { Events } from '../../shared/store/events.ts'
import { Leases, sameOwner } from '../../shared/store/leases.ts'
import type { DesiredState } from '../../shared/store/rows/session.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import { transact } from '../../shared/store/table.ts'
import { parseHead } from '../auth-log/head.ts'
import { logDeviceOf } from './open-hosted-log.ts'
import type { SessionContext } from './session-context.ts'

/** How a session left this worker. `released`: the lease is free; `handedOn`: it is free, and
 * another worker has to take it at once; `lost`: somebody else has it, or the worker dies. */
export type HostingEnd = 'released' | 'handedOn' | 'lost'

/** S3, or the key service, or a table: nothing that a tenant could do anything about */
export const STORAGE_AWAY = { code: 'storage_unavailable', nextAction: 'wait' } as const

const RECONNECTS: readonly SessionStatus[] = ['connected', 'connecting', 'reconnecting']

/** LEASE and META of a hosted session, as its worker reads and writes them outside of the log. */
export class HostingRows {
  readonly #context: SessionContext
  readonly #leases: Leases
  readonly #sessions: Sessions

  constructor(context: SessionContext) {
    this.#context = context
    this.#leases = new Leases(context.services.tables, context.scope)
    this.#sessions = new Sessions(context.services.tables, context.scope)
  }

  async isOurs(): Promise<boolean> {
    const lease = await this.#leases.get(this.#context.sessionId)
    return lease !== null && sameOwner(lease.owner, this.#context.services.owner)
  }

  /** Ours by the lease and by the log: HEAD has the epoch under which we write. @throws when either cannot be read */
  async isVerifiedOurs(epoch: number): Promise<boolean> {
    const [isOurs, stored] = await Promise.all([this.isOurs(), logDeviceOf(this.#context).getHead()])
    return isOurs && stored !== null && parseHead(stored.bytes).epoch === epoch
  }

  /**
   * The lease becomes free.
   * @param settled every effect of the log is a row; false: somebody has to open it once, whatever is desired
   * @param how.refusedBy our version, when it cannot read the log
   * @param how.carriedOut the logout or delete that was done here
   * @returns false when it was not ours any more
   */
  async release(settled: boolean, how: Parameters<Leases['release']>[2] = {}): Promise<boolean> {
    const { sessionId, services } = this.#context
    const lease = await this.#leases.get(sessionId)
    if (!lease || !sameOwner(lease.owner, services.owner)) return false
    return this.#leases.release({ sessionId, epoch: lease.epoch, owner: services.owner }, settled, how)
  }

  /** `release` as the end of the hosting. @param carriedOut the logout or delete that was done here */
  async letGo(settled: boolean, carriedOut: DesiredState | null): Promise<HostingEnd> {
    return (await this.release(settled, { carriedOut })) ? 'released' : 'lost'
  }

  /** Is the session to go without unlinking its device? */
  async keepsDevice(): Promise<boolean> {
    return (await this.#sessions.get(this.#context.sessionId))?.keepsDevice === true
  }

  async setDesired(desired: DesiredState): Promise<void> {
    await this.#leases.setDesired(this.#context.sessionId, desired)
  }

  /**
   * META alone, without an event: while the log cannot be written. A session that is being linked stays what it is: it
   * waits for its tenant, and would never show a QR again as one that reconnects.
   */
  async sayReconnecting(epoch: number, why: Pick<SessionReason, 'code' | 'nextAction' | 'fault'>): Promise<void> {
    const { sessionId } = this.#context
    const row = await this.#sessions.get(sessionId)
    if (!row || !RECONNECTS.includes(row.status)) return
    // Said already, and it has been so since then.
    if (row.status === 'reconnecting' && row.reason?.code === why.code && row.reason.fault === why.fault) return
    const reason = { ...why, retryable: true, since: Date.now() }
    await this.#sessions.writeState(sessionId, epoch, { status: 'reconnecting', reason })
  }

  /** Our log cannot be opened now; the event follows when it can. Never throws. */
  async sayStorageAway(): Promise<void> {
    const { sessionId, services, log } = this.#context
    try {
      const lease = await this.#leases.get(sessionId)
      if (lease && sameOwner(lease.owner, services.owner)) await this.sayReconnecting(lease.epoch, STORAGE_AWAY)
    } catch (error) {
      log.warn(
        { error: String(error) },
        'nobody is told that the log cannot be opened: the row cannot be written either',
      )
    }
  }

  /**
   * META says `failed`, and a control-plane event (the log is not ours to write): nobody should open it again before a
   * person looked.
   */
  async fail(epoch: number, why: Pick<SessionReason, 'code' | 'nextAction' | 'fault'>): Promise<void> {
    const { services, scope, sessionId, log } = this.#context
    const now = Date.now()
    const patch = { status: 'failed' as const, reason: { ...why, retryable: false, since: now } }
    const row = await this.#sessions.get(sessionId)
    if (!row || !RECONNECTS.includes(row.status)) return
    // Said already, and it has been so since then.
    if (row.status === 'reconnecting' && row.reason?.code === why.code && row.reason.fault === why.fault) return
    const event = await makeControlEvent(services.tenantKeys, scope, {
      type: 'session.failed',
      sessionId,
      data: { session: { ...presentSession({ ...row, ...patch }, null), previousStatus: row.status } },
      now,
    })
    const written = await transact(services.tables.client, [
      this.#sessions.stateLeg(sessionId, epoch, patch),
      new Events(services.tables, scope).controlLeg(event),
    ])
    if (written.outcome === 'written') await publishCalmly(services.eventSink, log, [event])
    else
      log.warn({ outcome: written.outcome }, 'the session row was not written: it is gone, or a later owner wrote it')
  }

  /** @returns how many crashes are counted now; null when the lease moved on */
  async countCrash(): Promise<number | null> {
    const { sessionId, services } = this.#context
    const lease = await this.#leases.get(sessionId)
    if (!lease || !sameOwner(lease.owner, services.owner)) return null
    const crashes = lease.crashes + 1
    return (await this.#leases.setCrashes(sessionId, lease.epoch, crashes)) ? crashes : null
  }

  /** Ten minutes without a crash: what happened before is forgotten. */
  forgetCrashes(epoch: number): void {
    this.#leases.setCrashes(this.#context.sessionId, epoch, 0).catch((error) => {
      this.#context.log.warn({ error: String(error) }, 'crashes are not forgotten yet')
    })
  }
}
