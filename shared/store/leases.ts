import type { TenantScope } from '../core/tenant-scope.ts'
import { leaseKey } from './keys.ts'
import { LeaseLegs } from './lease-legs.ts'
import { type DesiredState, type LeaseRow, leaseRowSchema, type Owner } from './rows/session.ts'
import { type Leg, type TransactResult, transact } from './table.ts'
import type { Tables } from './tables.ts'

const CONFLICT_TRIES = 6
const REFUSED_VERSIONS = 8

/** A READY worker as a candidate for an assignment. */
export interface Candidate extends Owner {
  readonly queueUrl: string
}

export type AssignOutcome =
  | { readonly outcome: 'assigned'; readonly epoch: number }
  | { readonly outcome: 'raced' | 'workerRefused' }

const unlinks = (desired: DesiredState): boolean => desired === 'LOGGED_OUT' || desired === 'DELETED'

/**
 * Ownership of sessions. Every change of LEASE.owner is one transaction over the lease, the ASSIGNED rows and the
 * workers' `used` counters; the epoch grows by one at each change. Clocks decide nothing here.
 */
export class Leases {
  readonly #tables: Tables
  readonly #scope: TenantScope
  readonly #legs: LeaseLegs

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
    this.#legs = new LeaseLegs(tables, scope)
  }

  /** Consistent. */
  async get(sessionId: string): Promise<LeaseRow | null> {
    const item = await this.#tables.core.get(leaseKey(this.#scope, sessionId))
    return item ? leaseRowSchema.parse(item) : null
  }

  /** Leg of the transaction that makes a session: unowned, settled, STOPPED, epoch 0. */
  createLeg(sessionId: string): Leg {
    return this.#legs.create(sessionId)
  }

  /**
   * What the tenant wants. LEASE and, if owned, the owner's ASSIGNED row change together; the owner acts on it at its
   * next heartbeat or ring. A logout or delete of an opened, unowned session unsettles it: somebody has to open it once.
   * @param alongside further legs of the same transaction, made for the lease as it was read
   * @returns the lease after the change; null (nothing written) when there is none, it is being deleted, or a leg
   * alongside was refused
   */
  async setDesired(
    sessionId: string,
    desired: DesiredState,
    alongside: (lease: LeaseRow) => readonly Leg[] = () => [],
  ): Promise<LeaseRow | null> {
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
      const lease = await this.get(sessionId)
      if (!lease || (lease.desired === 'DELETED' && desired !== 'DELETED')) return null
      const settled = lease.settled && !(unlinks(desired) && lease.owner === null && lease.epoch > 0)
      const next: LeaseRow = { ...lease, desired, settled }
      const legs = [this.#legs.change(lease, next, 'epochAndOwner')]
      if (lease.owner) legs.push(this.#legs.tellOwner(lease.owner, sessionId, { desired }))
      const own = legs.length
      const result = await this.#transactCalmly([...legs, ...alongside(lease)])
      if (result.outcome === 'written') return next
      if (result.outcome === 'conditionFailed' && result.failed.slice(own).includes(true)) return null
    }
    throw new Error(`the lease of ${sessionId} changed hands ${CONFLICT_TRIES} times while setting desired`)
  }

  /**
   * Gives the session to a worker. `raced`: the lease moved on (read again). `workerRefused`: the worker is not READY,
   * is full, or is another incarnation (choose another). A lost answer is settled by the caller's next read.
   */
  async assign(lease: LeaseRow, candidate: Candidate): Promise<AssignOutcome> {
    if (sameOwner(lease.owner, candidate)) return { outcome: 'raced' }
    const next: LeaseRow = {
      ...lease,
      owner: { workerId: candidate.workerId, incarnation: candidate.incarnation },
      epoch: lease.epoch + 1,
      settled: false,
      queueUrl: candidate.queueUrl,
    }
    const { assigned, used } = this.#legs.joinOwner(candidate, next)
    const result = await this.#transactCalmly([
      this.#legs.change(lease, next),
      assigned,
      used,
      ...(await this.#legs.leaveOwner(lease)),
    ])
    if (result.outcome === 'written') return { outcome: 'assigned', epoch: next.epoch }
    if (result.outcome === 'conflict' || result.failed[0]) return { outcome: 'raced' }
    return { outcome: result.failed[2] ? 'workerRefused' : 'raced' }
  }

  /**
   * The owner lets go, after its final snapshot: owner null, epoch + 1, ASSIGNED row gone.
   * @param settled true when every effect of the log is a row
   * @param how.refusedBy version of this worker, when it cannot read the log: the next owner has another one
   * @param how.carriedOut the logout or delete that the owner has done. One that it never heard of leaves the lease
   * unsettled: somebody has to open the log once more, or it would count as done
   * @returns false when the lease is not ours any more
   */
  async release(
    lease: Pick<LeaseRow, 'sessionId' | 'epoch'> & { owner: Owner },
    settled: boolean,
    how: { readonly refusedBy?: string | null; readonly carriedOut?: DesiredState | null } = {},
  ): Promise<boolean> {
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
      const current = await this.get(lease.sessionId)
      if (!current || current.epoch !== lease.epoch || !sameOwner(current.owner, lease.owner)) return false
      const refusedVersions = withRefusal(current.refusedVersions, how.refusedBy ?? null)
      const next: LeaseRow = {
        ...current,
        owner: null,
        queueUrl: null,
        epoch: current.epoch + 1,
        settled: settled && (!unlinks(current.desired) || current.desired === how.carriedOut),
        ...(refusedVersions ? { refusedVersions } : {}),
      }
      const result = await this.#transactCalmly([
        this.#legs.change(current, next),
        ...(await this.#legs.leaveOwner(current)),
      ])
      if (result.outcome === 'written') return true
    }
    return false
  }

  /**
   * Any reopen by the same owner, and any log HEAD at or above our epoch: epoch := max(lease, head) + 1, owner unchanged
   * (protocol §9, B5). @returns the new epoch, or null when the lease is not ours any more
   */
  async raiseEpoch(sessionId: string, owner: Owner, headEpoch: number): Promise<number | null> {
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
      const lease = await this.get(sessionId)
      if (!lease || !sameOwner(lease.owner, owner)) return null
      const next: LeaseRow = { ...lease, epoch: Math.max(lease.epoch, headEpoch) + 1 }
      const result = await this.#transactCalmly([
        this.#legs.change(lease, next),
        this.#legs.tellOwner(owner, sessionId, { epoch: next.epoch }),
      ])
      if (result.outcome === 'written') return next.epoch
    }
    return null
  }

  /**
   * A move: its owner is asked to hand it over (close, snapshot, release), and the next one shall be another. The owner
   * acts when it reads ASSIGNED, at the latest at its next beat; ring it with `desired` to make it quick.
   */
  async askToLeave(sessionId: string): Promise<'asked' | 'unowned' | 'raced'> {
    const lease = await this.get(sessionId)
    if (!lease?.owner) return 'unowned'
    const result = await this.#transactCalmly([
      {
        table: this.#tables.core.name,
        update: leaseKey(this.#scope, sessionId),
        set: { expression: 'SET #avoid = :avoid', values: { ':avoid': lease.owner.workerId } },
        condition: {
          expression: '#epoch = :epoch AND #owner = :by',
          values: { ':epoch': lease.epoch, ':by': lease.owner },
        },
      },
      this.#legs.tellOwner(lease.owner, sessionId, { leave: true }),
    ])
    return result.outcome === 'written' ? 'asked' : 'raced'
  }

  /** An allocation ended without an owner: the next execution needs a new name. False when the lease moved on. */
  async bumpAttempt(lease: LeaseRow): Promise<boolean> {
    const result = await this.#tables.core.update(
      leaseKey(this.#scope, lease.sessionId),
      { expression: 'SET #attempt = :next', values: { ':next': lease.attempt + 1 } },
      {
        expression: '#epoch = :epoch AND #attempt = :was',
        values: { ':epoch': lease.epoch, ':was': lease.attempt },
      },
    )
    return result.ok
  }

  /** Crash accounting (protocol §3, quarantine): only while the epoch stands. */
  async setCrashes(sessionId: string, epoch: number, crashes: number): Promise<boolean> {
    const result = await this.#tables.core.update(
      leaseKey(this.#scope, sessionId),
      { expression: 'SET #crashes = :crashes', values: { ':crashes': crashes } },
      { expression: '#epoch = :epoch', values: { ':epoch': epoch } },
    )
    return result.ok
  }

  /**
   * Somebody has to open the log once, although nobody wants the session to run: there is something to journal.
   * @returns false when it is owned, was never opened, is being deleted, or is asked for already
   */
  async unsettle(sessionId: string): Promise<boolean> {
    const lease = await this.get(sessionId)
    if (!lease || lease.owner !== null || lease.epoch === 0 || lease.desired === 'DELETED' || !lease.settled)
      return false
    const result = await this.#transactCalmly([this.#legs.change(lease, { ...lease, settled: false })])
    return result.outcome === 'written'
  }

  /** A TransactionConflict decides nothing: the same legs again, a few times, a little later each time. */
  async #transactCalmly(legs: readonly Leg[]): Promise<TransactResult> {
    for (let attempt = 0; ; attempt++) {
      const result = await transact(this.#tables.client, legs)
      if (result.outcome !== 'conflict' || attempt >= CONFLICT_TRIES) return result
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 20 * 2 ** attempt))
    }
  }
}

/** The newest last; a fleet runs two versions at a time, three in a bad week. */
const withRefusal = (before: readonly string[] | undefined, version: string | null): string[] | undefined =>
  version === null
    ? before && [...before]
    : [...(before ?? []).filter((other) => other !== version), version].slice(-REFUSED_VERSIONS)

export const sameOwner = (a: Owner | null, b: Owner | null): boolean =>
  a !== null && b !== null && a.workerId === b.workerId && a.incarnation === b.incarnation
