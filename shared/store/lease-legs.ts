import type { TenantScope } from '../core/tenant-scope.ts'
import { assignedKey, leaseKey, systemIndex, timeKey, workerKey } from './keys.ts'
import type { AssignedRow, LeaseRow, Owner } from './rows/session.ts'
import type { Expression, Leg } from './table.ts'
import type { Tables } from './tables.ts'

/** Who should be listed as unowned (protocol §9, C4): somebody has to open it, and nobody does. */
const needsOwner = (lease: Pick<LeaseRow, 'desired' | 'settled'>): boolean =>
  lease.desired === 'RUNNING' || !lease.settled

/** Legs of the transactions in which a session changes hands: LEASE, ASSIGNED and the worker's `used` go together. */
export class LeaseLegs {
  readonly #tables: Tables
  readonly #scope: TenantScope
  readonly #table: string

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
    this.#table = tables.core.name
  }

  /** Unowned, settled, STOPPED, epoch 0. */
  create(sessionId: string): Leg {
    const lease: LeaseRow = {
      v: 1,
      tenantId: this.#scope.tenantId,
      mode: this.#scope.mode,
      sessionId,
      owner: null,
      epoch: 0,
      desired: 'STOPPED',
      settled: true,
      attempt: 0,
      crashes: 0,
      queueUrl: null,
    }
    return {
      table: this.#table,
      put: { ...leaseKey(this.#scope, sessionId), ...lease },
      condition: { expression: 'attribute_not_exists(pk)' },
    }
  }

  /** LEASE becomes `next` if its epoch is still that of `was`, and its owner too where the epoch alone says too little. */
  change(was: LeaseRow, next: LeaseRow, and: 'epoch' | 'epochAndOwner' = 'epoch'): Leg {
    const condition: Expression =
      and === 'epoch'
        ? { expression: '#epoch = :was', values: { ':was': was.epoch } }
        : was.owner
          ? { expression: '#epoch = :was AND #owner = :by', values: { ':was': was.epoch, ':by': was.owner } }
          : {
              expression: '#epoch = :was AND attribute_type(#owner, :null)',
              values: { ':was': was.epoch, ':null': 'NULL' },
            }
    return {
      table: this.#table,
      update: leaseKey(this.#scope, was.sessionId),
      set: setLease(next),
      condition,
    }
  }

  /** Another field of a row in ASSIGNED, for its worker to read. */
  tellOwner(owner: Owner, sessionId: string, fields: Partial<Pick<AssignedRow, 'desired' | 'epoch' | 'leave'>>): Leg {
    const names = Object.keys(fields)
    return {
      table: this.#table,
      update: assignedKey(owner.workerId, owner.incarnation, sessionId),
      set: {
        expression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        values: Object.fromEntries(Object.entries(fields).map(([name, value]) => [`:${name}`, value])),
      },
      condition: { expression: 'attribute_exists(pk)' },
    }
  }

  /** Its place in ASSIGNED, and one more in `used`, if this incarnation is READY and has room. */
  joinOwner(owner: Owner, lease: LeaseRow): { readonly assigned: Leg; readonly used: Leg } {
    const assigned: AssignedRow = {
      v: 1,
      tenantId: lease.tenantId,
      mode: lease.mode,
      sessionId: lease.sessionId,
      epoch: lease.epoch,
      desired: lease.desired,
    }
    return {
      assigned: {
        table: this.#table,
        put: { ...assignedKey(owner.workerId, owner.incarnation, lease.sessionId), ...assigned },
      },
      used: {
        table: this.#table,
        update: workerKey(owner.workerId),
        set: { expression: 'SET #used = #used + :one', values: { ':one': 1 } },
        condition: {
          expression: '#status = :ready AND #mode = :mode AND #incarnation = :incarnation AND #used < #capacity',
          values: { ':ready': 'READY', ':mode': lease.mode, ':incarnation': owner.incarnation },
        },
      },
    }
  }

  /** The session leaves its present owner; `used` of a DEAD worker is left alone (its row goes as a whole). */
  async leaveOwner(lease: LeaseRow): Promise<Leg[]> {
    if (!lease.owner) return []
    const { workerId, incarnation } = lease.owner
    const worker = await this.#tables.core.get(workerKey(workerId))
    const legs: Leg[] = [{ table: this.#table, remove: assignedKey(workerId, incarnation, lease.sessionId) }]
    if (worker && worker.status !== 'DEAD' && worker.incarnation === incarnation)
      legs.push({
        table: this.#table,
        update: workerKey(workerId),
        set: { expression: 'SET #used = #used - :one', values: { ':one': 1 } },
        condition: {
          expression: '#incarnation = :incarnation AND #status <> :dead',
          values: { ':incarnation': incarnation, ':dead': 'DEAD' },
        },
      })
    return legs
  }
}

/** All changing fields, and the row's place in the index of unowned or of deleted sessions, if it has one. */
const setLease = (next: LeaseRow): Expression => {
  const isGone = next.owner === null && next.settled && next.desired === 'DELETED'
  const listed = isGone || (next.owner === null && needsOwner(next))
  const index = isGone
    ? systemIndex('deleted', next.sessionId, `${timeKey(Date.now())}#${next.sessionId}`)
    : systemIndex('unowned', next.sessionId, `${timeKey(next.epoch)}#${next.sessionId}`)
  const refused = next.refusedVersions ? ', #refusedVersions = :refusedVersions' : ''
  const fields = `SET #owner = :owner, #epoch = :next, #desired = :desired, #settled = :settled, #queueUrl = :queueUrl${refused}`
  return {
    expression: listed ? `${fields}, #xpk = :xpk, #xsk = :xsk` : `${fields} REMOVE #xpk, #xsk`,
    values: {
      ':owner': next.owner,
      ':next': next.epoch,
      ':desired': next.desired,
      ':settled': next.settled,
      ':queueUrl': next.queueUrl,
      ...(next.refusedVersions ? { ':refusedVersions': next.refusedVersions } : {}),
      ...(listed ? { ':xpk': index.xpk, ':xsk': index.xsk } : {}),
    },
  }
}
