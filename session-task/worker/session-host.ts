import { TenantScope } from '../../shared/core/tenant-scope.ts'
import type { Log } from '../../shared/log/log.ts'
import type { AssignedRow } from '../../shared/store/rows/session.ts'
import { HostedSession } from '../session/hosted-session.ts'
import type { HostingEnd } from '../session/hosting-rows.ts'
import type { WorkerServices } from '../session/session-context.ts'
import { makePacer } from './pacing.ts'
import type { WorkerRing } from './rings.ts'

/** ECS gives 120 s after SIGTERM; the last session needs some of them. */
const DRAIN_MS = 40_000
const DRAIN_INTERVAL_MS = 100

/** The sessions of this worker: what ASSIGNED says, and nothing else. */
export class SessionHost {
  readonly #services: WorkerServices
  readonly #log: Log
  readonly #sessions = new Map<
    string,
    { session: HostedSession; row: AssignedRow; isBehind: boolean; isLeaving: boolean }
  >()
  readonly #onReleased: (row: AssignedRow, end: HostingEnd) => void
  #isClaiming = true

  constructor(input: {
    services: WorkerServices
    log: Log
    onReleased: (row: AssignedRow, end: HostingEnd) => void
  }) {
    this.#services = input.services
    this.#log = input.log
    this.#onReleased = input.onReleased
  }

  get count(): number {
    return this.#sessions.size
  }

  get pendingCount(): number {
    let pending = 0
    for (const { session } of this.#sessions.values()) pending += session.pendingCount
    return pending
  }

  /** Makes the hosted sessions what a consistent read of ASSIGNED says. */
  apply(rows: readonly AssignedRow[]): void {
    if (!this.#isClaiming) return
    const assigned = new Set(rows.map(({ sessionId }) => sessionId))
    for (const [sessionId, { session }] of this.#sessions) {
      if (assigned.has(sessionId)) continue
      // Fenced by a move or by the reaper: whatever we would write now is somebody else's to write.
      this.#log.warn({ sessionId }, 'session is not assigned to us any more, leaving it')
      session.abandon()
    }
    for (const row of rows) this.#take(row)
  }

  ring({ kind, sessionId }: WorkerRing): void {
    const hosted = this.#sessions.get(sessionId)
    if (kind === 'messages') hosted?.session.ring()
    if (kind === 'operations') hosted?.session.ringOperations()
    if (kind === 'desired') hosted?.session.review()
    if (kind === 'restart') hosted?.session.restart()
  }

  /**
   * Releases every session, one turn after the other: those that wait stay connected meanwhile, and whoever takes them
   * connects no faster anyway. @param onFree hears of each session that another worker has to take, at once
   */
  async drain(onFree: (row: AssignedRow) => Promise<void>): Promise<number> {
    this.#isClaiming = false
    const sessions = [...this.#sessions.values()]
    const turn = makePacer(Math.min(DRAIN_INTERVAL_MS, DRAIN_MS / sessions.length))
    await Promise.all(
      sessions.map(async (entry) => {
        await turn()
        if ((await entry.session.drain()) && entry.row.desired === 'RUNNING') await onFree(entry.row)
      }),
    )
    return sessions.length
  }

  /** Every session looks for messages again. */
  ringAll(): void {
    for (const { session } of this.#sessions.values()) session.ring()
  }

  /** The worker was declared dead: nothing may leave it any more. */
  abandonAll(): void {
    this.#isClaiming = false
    for (const { session } of [...this.#sessions.values()]) session.abandon()
  }

  #take(row: AssignedRow): void {
    const { sessionId } = row
    const hosted = this.#sessions.get(sessionId)
    if (hosted) {
      hosted.row = row
      hosted.session.setDesired(row.desired)
      if (row.leave && !hosted.isLeaving) {
        hosted.isLeaving = true
        void hosted.session.drain()
      }
      // Twice, because a raise of our own is on the row a moment before we know it.
      const isBehind = hosted.session.epoch > 0 && row.epoch > hosted.session.epoch
      if (isBehind && hosted.isBehind) hosted.session.reopen()
      hosted.isBehind = isBehind
      return
    }
    const session = new HostedSession({
      context: {
        services: this.#services,
        scope: TenantScope.fromVerified('systemRow', row),
        sessionId,
        log: this.#log.child({ sessionId, tenantId: row.tenantId }),
      },
      desired: row.desired,
      onEnd: (end) => {
        const entry = this.#sessions.get(sessionId)
        if (entry?.session !== session) return
        this.#sessions.delete(sessionId)
        this.#onReleased(entry.row, end)
      },
    })
    this.#sessions.set(sessionId, { session, row, isBehind: false, isLeaving: false })
  }
}
