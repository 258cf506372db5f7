import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCloud, type TestCloud } from '../../local/cloud/testing/cloud.ts'
import { makeKMSClient } from '../aws/kms.ts'
import { eventIdOf, newId } from '../core/ids.ts'
import { TenantScope } from '../core/tenant-scope.ts'
import { TenantKeys } from '../crypto/tenant-keys.ts'
import { Endings } from './endings.ts'
import { Events, GAP_IS_LOST_MS, listUnfanned, refOf } from './events.ts'
import { Leases } from './leases.ts'
import { Messages } from './messages.ts'
import type { Sealed } from './rows/fields.ts'
import type { WorkerRow } from './rows/fleet.ts'
import type { EventRow, MessageRow } from './rows/message.ts'
import { Sessions } from './sessions.ts'
import { transact } from './table.ts'
import { openTables, type Tables } from './tables.ts'
import { BLANK_MESSAGE } from './testing/blank-message.ts'
import { Workers } from './workers.ts'

let cloud: TestCloud
let tables: Tables
const scope = TenantScope.fromVerified('systemRow', { tenantId: newId('ten'), mode: 'test' })

beforeAll(async () => {
  cloud = await startTestCloud()
  cloud.apply()
  tables = openTables()
})
afterAll(async () => {
  tables.client.destroy()
  await cloud.stop()
})

const worker = (overrides: Partial<WorkerRow> = {}): WorkerRow => ({
  v: 1,
  id: newId('wrk'),
  mode: 'test',
  incarnation: 1,
  status: 'READY',
  heartbeat: { counter: 1, at: 0 },
  used: 0,
  capacity: 2,
  version: '0.1.0',
  queueUrl: 'http://queue',
  taskArn: null,
  rssBytes: null,
  replaying: null,
  createdAt: 0,
  ...overrides,
})

const newSession = async (leases: Leases): Promise<string> => {
  const sessionId = newId('ses')
  await transact(tables.client, [leases.createLeg(sessionId)])
  await leases.setDesired(sessionId, 'RUNNING')
  return sessionId
}

const candidate = (row: WorkerRow) => ({ workerId: row.id, incarnation: row.incarnation, queueUrl: row.queueUrl! })

describe('the session row', () => {
  it('is written by its owner, by nobody who owned it before: alone, in a transaction, or for the sweeper to tell', async () => {
    const sessions = new Sessions(tables, scope)
    const id = newId('ses')
    const unlinked = { phone: null, lid: null, pushName: null, connectedAt: null, loggedOutAt: null, link: null }
    const { tenantId, mode } = scope
    const row = { v: 1, tenantId, mode, id, name: 'x', metadata: {}, status: 'created', reason: null } as const
    await transact(tables.client, [sessions.createLeg({ ...row, ...unlinked, createdAt: 1, stateEpoch: 0 })])
    expect(await sessions.writeState(id, 5, { status: 'connected' })).toBe(true)
    expect(await sessions.writeState(id, 4, { status: 'stopped' })).toBe(false)
    expect(await sessions.writeUntold(id, 4, { status: 'stopped' })).toBe(false)
    const late = await transact(tables.client, [sessions.stateLeg(id, 4, { status: 'stopped' })])
    expect(late.outcome).toBe('conditionFailed')
    expect(await sessions.get(id)).toMatchObject({ status: 'connected', stateEpoch: 5 })
    expect(await sessions.writeState(id, 5, { status: 'reconnecting' })).toBe(true)
  })
})

describe('leases', () => {
  const leases = () => new Leases(tables, scope)
  const workers = () => new Workers(tables)

  it('two takers race for one session: one wins, the epoch grows by one, the slot is counted once', async () => {
    const [a, b] = [worker(), worker()]
    await Promise.all([workers().register(a), workers().register(b)])
    const sessionId = await newSession(leases())
    const lease = (await leases().get(sessionId))!
    const outcomes = await Promise.all([leases().assign(lease, candidate(a)), leases().assign(lease, candidate(b))])
    expect(outcomes.map((o) => o.outcome).sort()).toEqual(['assigned', 'raced'])
    const after = (await leases().get(sessionId))!
    expect(after.epoch).toBe(lease.epoch + 1)
    const used = (await Promise.all([workers().get(a.id), workers().get(b.id)])).map((row) => row!.used)
    expect(used.sort()).toEqual([0, 1])
    const holder = after.owner!.workerId
    expect((await workers().readAssigned(holder, 1)).map((row) => row.sessionId)).toEqual([sessionId])
  })

  it('12 sessions race for a worker with 5 slots: 5 get one', async () => {
    const row = worker({ capacity: 5 })
    await workers().register(row)
    const sessions = await Promise.all(Array.from({ length: 12 }, () => newSession(leases())))
    const outcomes = await Promise.all(
      sessions.map(async (id) => {
        const lease = (await leases().get(id))!
        for (;;) {
          const { outcome } = await leases().assign(lease, candidate(row))
          if (outcome !== 'raced') return outcome
        }
      }),
    )
    expect(outcomes.filter((o) => o === 'assigned')).toHaveLength(5)
    expect((await workers().get(row.id))!.used).toBe(5)
  })

  it('every change of owner raises the epoch: to a first one, from a dead one, to nobody, and at a reopen above HEAD', async () => {
    const [first, second] = [worker(), worker()]
    await Promise.all([workers().register(first), workers().register(second)])
    const sessionId = await newSession(leases())
    const epochs: number[] = []
    const note = async () => void epochs.push((await leases().get(sessionId))!.epoch)
    await note()
    for (const next of [first, second]) {
      await leases().assign((await leases().get(sessionId))!, candidate(next))
      await note()
    }
    const owner = { workerId: second.id, incarnation: 1 }
    expect(await leases().raiseEpoch(sessionId, { ...owner, workerId: first.id }, 0)).toBeNull()
    await leases().raiseEpoch(sessionId, owner, 40)
    await note()
    const { epoch } = (await leases().get(sessionId))!
    expect(await leases().release({ sessionId, epoch: epoch - 1, owner }, true)).toBe(false)
    expect(await leases().release({ sessionId, epoch, owner: { ...owner, incarnation: 2 } }, true)).toBe(false)
    expect(await leases().release({ sessionId, epoch, owner }, true)).toBe(true)
    await note()
    expect(epochs).toEqual([0, 1, 2, 41, 42])
  })

  it.each(['LOGGED_OUT', 'DELETED'] as const)(
    '%s of a session that stopped in order lists it, so that somebody opens it once more; a delete is not taken back',
    async (desired) => {
      const row = worker()
      await workers().register(row)
      const sessionId = await newSession(leases())
      await leases().assign((await leases().get(sessionId))!, candidate(row))
      await leases().setDesired(sessionId, 'STOPPED')
      const { epoch, owner } = (await leases().get(sessionId))!
      await leases().release({ sessionId, epoch, owner: owner! }, true)
      const isListed = async () => (await workers().listUnowned()).some((ref) => ref.sessionId === sessionId)
      expect(await isListed()).toBe(false)
      await leases().setDesired(sessionId, desired)
      expect(await isListed()).toBe(true)
      const restarted = await leases().setDesired(sessionId, 'RUNNING')
      expect(restarted?.desired ?? null).toBe(desired === 'DELETED' ? null : 'RUNNING')
    },
  )

  it('a dead, draining or other incarnation gets nothing', async () => {
    const sessionId = await newSession(leases())
    const lease = (await leases().get(sessionId))!
    for (const status of ['DEAD', 'DRAINING', 'STARTING'] as const) {
      const row = worker({ status })
      await workers().register(row)
      expect((await leases().assign(lease, candidate(row))).outcome).toBe('workerRefused')
    }
    const live = worker()
    await workers().register(live)
    expect((await leases().assign(lease, { ...candidate(live), incarnation: 2 })).outcome).toBe('workerRefused')
  })

  it.each(['LOGGED_OUT', 'DELETED'] as const)(
    'an owner that never heard of %s leaves it to the next one',
    async (desired) => {
      const release = async (carriedOut: 'LOGGED_OUT' | 'DELETED' | null) => {
        const row = worker()
        await workers().register(row)
        const sessionId = await newSession(leases())
        await leases().assign((await leases().get(sessionId))!, candidate(row))
        await leases().setDesired(sessionId, desired)
        const { epoch, owner } = (await leases().get(sessionId))!
        await leases().release({ sessionId, epoch, owner: owner! }, true, { carriedOut })
        return (await workers().listUnowned()).some((ref) => ref.sessionId === sessionId)
      }
      expect(await release(null)).toBe(true)
      expect(await release(desired)).toBe(false)
    },
  )

  it('release frees the slot and lists the session as unowned while it should run', async () => {
    const row = worker()
    await workers().register(row)
    const sessionId = await newSession(leases())
    await leases().assign((await leases().get(sessionId))!, candidate(row))
    const lease = (await leases().get(sessionId))!
    expect((await workers().listUnowned()).some((ref) => ref.sessionId === sessionId)).toBe(false)
    expect(await leases().release({ sessionId, epoch: lease.epoch, owner: lease.owner! }, true)).toBe(true)
    expect((await workers().get(row.id))!.used).toBe(0)
    expect(await workers().readAssigned(row.id, 1)).toEqual([])
    expect((await workers().listUnowned()).some((ref) => ref.sessionId === sessionId)).toBe(true)
    await leases().setDesired(sessionId, 'STOPPED')
    expect((await workers().listUnowned()).some((ref) => ref.sessionId === sessionId)).toBe(false)
    expect(await leases().release({ sessionId, epoch: lease.epoch, owner: lease.owner! }, true)).toBe(false)
  })

  it('a fenced worker is rejected at its next heartbeat', async () => {
    const row = worker()
    await workers().register(row)
    expect(await workers().fence(row.id, 1, 99)).toBe(false)
    expect(await workers().fence(row.id, 1, 1)).toBe(true)
    expect(await workers().heartbeat({ id: row.id, incarnation: 1, counter: 2, rssBytes: 1, now: 1 })).toBe('rejected')
  })

  it('desired reaches the owner in the same transaction', async () => {
    const row = worker()
    await workers().register(row)
    const sessionId = await newSession(leases())
    await leases().assign((await leases().get(sessionId))!, candidate(row))
    await leases().setDesired(sessionId, 'STOPPED')
    expect((await workers().readAssigned(row.id, 1))[0]?.desired).toBe('STOPPED')
  })
})

describe('messages', () => {
  const messages = () => new Messages(tables, scope)
  const address = { contactId: null, phone: '+5511988887777', lid: null, jid: null, kind: 'user' as const }
  const row = (sessionId: string, id = newId('msg')): MessageRow => ({
    ...BLANK_MESSAGE,
    v: 1,
    tenantId: scope.tenantId,
    mode: 'test',
    id,
    sessionId,
    direction: 'outbound',
    type: 'text',
    status: 'queued',
    chat: address,
    from: address,
    to: address,
    content: 'sealed' as Sealed,
    whatsappId: '3EB0',
    requestHash: 'h1',
    createdAt: 1_000,
    expiresAt: 90_000_000,
  })

  it('20 concurrent accepts of one id make one message; all see the same one', async () => {
    const sessionId = newId('ses')
    const id = newId('msg')
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => messages().accept({ ...row(sessionId, id), whatsappId: `W${i}` }, 1_000)),
    )
    expect(results.filter((r) => r.outcome === 'accepted')).toHaveLength(1)
    expect(new Set(results.map((r) => r.row.whatsappId)).size).toBe(1)
    expect((await messages().listOpen(sessionId, { limit: 10 })).rows).toHaveLength(1)
  })

  it('20 concurrent claims: one wins; a later epoch takes it over; the zombie loses', async () => {
    const sessionId = newId('ses')
    const { row: accepted } = await messages().accept(row(sessionId), 1_000)
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, i) => messages().claim(accepted.id, { epoch: 1, claimToken: `t${i}` })),
    )
    expect(claims.filter((c) => c.outcome === 'claimed')).toHaveLength(1)
    expect((await messages().claim(accepted.id, { epoch: 2, claimToken: 'successor' })).outcome).toBe('claimed')
    // Its answer was lost: the same hands may ask again.
    const again = await messages().claim(accepted.id, { epoch: 2, claimToken: 'successor' })
    expect(again).toMatchObject({ outcome: 'claimed', before: { status: 'sending', epoch: 2 } })
    expect((await messages().claim(accepted.id, { epoch: 2, claimToken: 'other hands' })).outcome).toBe('lost')
    expect((await messages().claim(accepted.id, { epoch: 1, claimToken: 't0' })).outcome).toBe('lost')
    expect(await messages().storeProto(accepted.id, 1, 'zombie' as Sealed)).toBeNull()
    expect(await messages().storeProto(accepted.id, 2, 'first' as Sealed)).toBe('first')
    expect(await messages().storeProto(accepted.id, 2, 'second' as Sealed)).toBe('first')
  })

  it('a row that a later epoch wrote is not claimed, whatever its status', async () => {
    const { row: accepted } = await messages().accept({ ...row(newId('ses')), epoch: 9 }, 1_000)
    expect((await messages().claim(accepted.id, { epoch: 8, claimToken: 't' })).outcome).toBe('lost')
    expect((await messages().claim(accepted.id, { epoch: 9, claimToken: 't' })).outcome).toBe('claimed')
  })

  it('who ends a message without a log ends nothing that a later owner has taken meanwhile', async () => {
    const { row: accepted } = await messages().accept(row(newId('ses')), 1_000)
    await messages().claim(accepted.id, { epoch: 1, claimToken: 't' })
    const seen = (await messages().get(accepted.id))!
    await messages().claim(accepted.id, { epoch: 2, claimToken: 'next' })
    const failure = { code: 'expired', message: 'x', retryable: false }
    const endings = new Endings(tables, scope)
    expect(await endings.end(seen, { status: 'unknown', failure, at: 5 }, null)).toBe(false)
    expect((await messages().get(accepted.id))!.status).toBe('sending')
    expect(await endings.end((await messages().get(accepted.id))!, { status: 'unknown', failure, at: 5 }, null)).toBe(
      true,
    )
  })

  it('settling deletes the OPEN row with the status; lower ranks never come back', async () => {
    const sessionId = newId('ses')
    const { row: accepted } = await messages().accept(row(sessionId), 1_000)
    await messages().claim(accepted.id, { epoch: 1, claimToken: 't' })
    await messages().advance(accepted.id, { status: 'delivered', at: 5 })
    // The receipt overtook the ack: it proves that the message was sent.
    expect(await messages().get(accepted.id)).toMatchObject({ status: 'delivered', sentAt: 5, deliveredAt: 5 })
    expect((await messages().listOpen(sessionId, { limit: 10 })).rows).toEqual([])
    await messages().advance(accepted.id, { status: 'sent', at: 6 })
    await messages().advance(accepted.id, {
      status: 'failed',
      at: 7,
      failure: { code: 'x', message: 'x', retryable: false },
    })
    expect((await messages().get(accepted.id))!.status).toBe('delivered')
    const tell = async () => expect.unreachable('nothing is canceled, nothing is told')
    expect(await messages().cancel(accepted.id, 8, tell)).toMatchObject({
      row: { status: 'delivered' },
      isWritten: false,
    })
  })

  it('a claim between the look and the write of a cancel wins; a claim after it is lost', async () => {
    const sessionId = newId('ses')
    const untold = { table: tables.messages.name, put: { pk: `untold#${sessionId}`, sk: 'META' } }
    const { row: claimed } = await messages().accept(row(sessionId), 1_000)
    const lost = await messages().cancel(claimed.id, 2_000, async () => {
      await messages().claim(claimed.id, { epoch: 1, claimToken: 't' })
      return untold
    })
    expect(lost).toMatchObject({ row: { status: 'sending' }, isWritten: false })
    expect(await tables.messages.get({ pk: untold.put.pk, sk: 'META' })).toBeNull()
    const { row: canceled } = await messages().accept({ ...row(sessionId), status: 'scheduled' }, 1_000)
    expect(await messages().cancel(canceled.id, 2_000, async () => untold)).toMatchObject({ isWritten: true })
    expect((await messages().claim(canceled.id, { epoch: 1, claimToken: 't' })).outcome).toBe('lost')
    expect(await tables.messages.get({ pk: untold.put.pk, sk: 'META' })).not.toBeNull()
    expect((await messages().listOpen(sessionId, { limit: 10 })).rows.map((r) => r.messageId)).toEqual([claimed.id])
  })

  it('OPEN rows come in the order of accept', async () => {
    const sessionId = newId('ses')
    const ids = [newId('msg', 1), newId('msg', 2), newId('msg', 3)]
    for (const [i, id] of [2, 0, 1].map((i) => [i, ids[i]!] as const))
      await messages().accept({ ...row(sessionId, id), createdAt: i }, i)
    expect((await messages().listOpen(sessionId, { limit: 10 })).rows.map((r) => r.messageId)).toEqual(ids)
  })
})

describe('events', () => {
  const event = (sessionId: string, sequence: number): EventRow => ({
    v: 1,
    tenantId: scope.tenantId,
    mode: 'test',
    id: eventIdOf(sessionId, sequence, 1_000),
    type: 'message.received',
    sessionId,
    sequence,
    timestamp: 1_000,
    data: 'sealed' as Sealed,
  })

  it('a second event with the same sequence is a clash; the same event again is not', async () => {
    const events = new Events(tables, scope)
    const sessionId = newId('ses')
    expect(await events.put(event(sessionId, 1))).toBe('written')
    expect(await events.put(event(sessionId, 1))).toBe('same')
    expect(await events.put({ ...event(sessionId, 1), id: newId('evt') })).toBe('clash')
  })

  it('a gap that is an hour old is a loss (a restored table): readers go on, nobody waits for ever', async () => {
    const events = new Events(tables, scope)
    const sessionId = newId('ses')
    // Written long after what they tell: an outage is no loss.
    const writtenAt = 1_000 + 2 * GAP_IS_LOST_MS
    for (const sequence of [1, 2, 5, 6]) await events.put(event(sessionId, sequence), writtenAt)
    const read = async (afterSequence: number, now: number) =>
      (await events.readSession(sessionId, { afterSequence, limit: 10, now })).rows.map((row) => row.sequence)
    expect(await read(0, writtenAt + GAP_IS_LOST_MS - 1)).toEqual([1, 2])
    expect(await events.tail(sessionId, writtenAt + GAP_IS_LOST_MS - 1)).toBe(2)
    expect(await read(0, writtenAt + GAP_IS_LOST_MS)).toEqual([1, 2, 5, 6])
    expect(await read(2, writtenAt + GAP_IS_LOST_MS)).toEqual([5, 6])
    expect(await events.tail(sessionId, writtenAt + GAP_IS_LOST_MS)).toBe(6)
  })

  it('a read stops before the first gap', async () => {
    const events = new Events(tables, scope)
    const sessionId = newId('ses')
    for (const sequence of [1, 2, 4]) await events.put(event(sessionId, sequence))
    const read = async () =>
      (await events.readSession(sessionId, { afterSequence: 0, limit: 10, now: 2_000 })).rows.map((row) => row.sequence)
    expect(await read()).toEqual([1, 2])
    await events.put(event(sessionId, 3))
    expect(await read()).toEqual([1, 2, 3, 4])
  })

  it('an event stays in the unfanned index until fan-out has written its deliveries', async () => {
    const events = new Events(tables, scope)
    const row = event(newId('ses'), 1)
    await events.put(row)
    const listed = async () =>
      (await listUnfanned(tables, { before: 2_000, limitPerShard: 100 })).some((key) => key.pk.includes(row.sessionId!))
    expect(await listed()).toBe(true)
    await events.markFanned(refOf(row))
    expect(await listed()).toBe(false)
  })
})

it("one tenant's sealed value does not open for another, nor at another place", async () => {
  const kms = makeKMSClient()
  const keys = new TenantKeys({ kms, core: tables.core, kmsKeyId: 'alias/fleetline' })
  const other = TenantScope.fromVerified('systemRow', { tenantId: newId('ten'), mode: 'test' })
  const sealed = await keys.seal(scope, 'M#1', { text: 'secret' })
  expect(await keys.open(scope, 'M#1', sealed)).toEqual({ text: 'secret' })
  await expect(keys.open(other, 'M#1', sealed)).rejects.toThrow()
  await expect(keys.open(scope, 'M#2', sealed)).rejects.toThrow()
  const fresh = new TenantKeys({ kms, core: tables.core, kmsKeyId: 'alias/fleetline' })
  expect(await fresh.open(scope, 'M#1', sealed)).toEqual({ text: 'secret' })
  kms.destroy()
})
