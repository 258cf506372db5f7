import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../local/cloud/testing/cloud.ts'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { GetObjectCommand, type S3Client } from '../../shared/aws/s3.ts'
import { messageSchema } from '../../shared/contract/messages.ts'
import { eventIdOf, newId } from '../../shared/core/ids.ts'
import { TenantScope } from '../../shared/core/tenant-scope.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { type EventRef, Events } from '../../shared/store/events.ts'
import { Messages } from '../../shared/store/messages.ts'
import { eventDataPlace } from '../../shared/store/places.ts'
import type { Sealed } from '../../shared/store/rows/fields.ts'
import { openTables, type Tables } from '../../shared/store/tables.ts'
import { makeLogS3Client } from '../auth-log/s3-log-device.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import { openMemoryLog, quietLog } from '../auth-log/testing/open-memory-log.ts'
import { ContactBook } from './contact-book.ts'
import { inboundRecordOf, undecryptableRecordOf } from './inbound.ts'
import { Projector } from './projector.ts'
import type { SessionContext, WorkerServices } from './session-context.ts'

const scope = TenantScope.fromVerified('systemRow', { tenantId: 'ten_00000000000000000000000001', mode: 'test' })
const OWN = { phone: '+5511900000001', lid: null }

let cloud: TestCloud
let tables: Tables
let tenantKeys: TenantKeys
let logClient: S3Client

beforeAll(async () => {
  cloud = await startTestCloud()
  cloud.apply()
  tables = openTables()
  logClient = makeLogS3Client()
  tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: 'alias/fleetline' })
})
afterAll(async () => {
  logClient.destroy()
  await cloud.stop()
})

const makeProjector = (
  sessionId: string,
  sessionLog: SessionLog,
  beforeDone?: ConstructorParameters<typeof Projector>[0]['beforeDone'],
) => {
  const published: EventRef[] = []
  const eventSink = {
    publish: async (refs: readonly EventRef[]) => {
      published.push(...refs)
      return []
    },
  }
  const services = { tables, tenantKeys, eventSink, logClient, authBucket: 'auth' } as unknown as WorkerServices
  const context: SessionContext = { services, scope, sessionId, log: quietLog }
  const broken: Error[] = []
  const projector = new Projector({
    context,
    sessionLog,
    own: () => OWN,
    book: new ContactBook(context),
    ...(beforeDone ? { beforeDone } : {}),
    onProjected: () => {},
    onBroken: (error) => broken.push(error),
    onBackpressure: () => {},
  })
  return { projector, published, broken }
}

const receive = (log: SessionLog, count: number): void => {
  for (let index = 0; index < count; index++) {
    const id = `WA${log.state.nextSequence}`
    const stanza = {
      attributes: { id, from: '5511988887777@s.whatsapp.net' },
      message: { conversation: `text ${id}` },
      plaintext: Buffer.from(id),
      encryptionType: 'msg',
      ciphertextHash: id,
      stanza: Buffer.from(id),
    }
    log.append([inboundRecordOf(log, stanza, OWN, 1_800_000_000_000)])
  }
}

const readAll = (sessionId: string) =>
  new Events(tables, scope).readSession(sessionId, { afterSequence: 0, limit: 900 })

test('no row says what the log does not hold: an owner that is fenced before its record is durable writes none', async () => {
  const sessionId = newId('ses')
  const { log, device } = await openMemoryLog()
  const put = Promise.withResolvers<void>()
  device.onCall = ({ name }) => (name === 'putSegment' ? { wait: put.promise } : null)
  receive(log, 3)
  const { projector, published } = makeProjector(sessionId, log)
  const settled = projector.settled()
  log.abandon()
  put.resolve()
  await settled
  expect((await readAll(sessionId)).rows).toEqual([])
  expect(published).toEqual([])
})

test('a replay by the next owner writes the same rows again and changes none', async () => {
  const sessionId = newId('ses')
  const first = await openMemoryLog()
  receive(first.log, 60)
  await first.log.durable(first.log.lastLsn)
  // The second owner has all records undone; the first one wrote their rows without living to say so.
  const second = await openMemoryLog({ bucket: first.bucket, epoch: first.log.epoch + 1 })
  expect(second.log.state.undone()).toHaveLength(60)
  const replay = makeProjector(sessionId, second.log)
  await replay.projector.settled()
  const { rows } = await readAll(sessionId)
  const third = await openMemoryLog({ bucket: first.bucket, epoch: second.log.epoch + 1 })
  await makeProjector(sessionId, third.log).projector.settled()
  expect((await readAll(sessionId)).rows).toEqual(rows)
  expect(rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
  expect(replay.published.map(({ eventId }) => eventId)).toEqual(rows.map(({ id }) => id))
})

test('says done, so that nothing is replayed twice', async () => {
  const sessionId = newId('ses')
  const { log } = await openMemoryLog()
  receive(log, 3)
  await makeProjector(sessionId, log).projector.settled()
  expect(log.state.undone()).toEqual([])
  expect(log.state.doneUpTo).toBe(3)
})

test('what records ask for beside their rows stands before they are done: until then the next owner asks again', async () => {
  const sessionId = newId('ses')
  const first = await openMemoryLog()
  receive(first.log, 3)
  const { promise: died, resolve: die } = Promise.withResolvers<void>()
  const dying = makeProjector(sessionId, first.log, async () => {
    dying.projector.stop()
    die()
    throw new Error('the tables are away')
  })
  dying.projector.kick()
  await died
  expect((await readAll(sessionId)).rows).toHaveLength(3)
  expect(first.log.state.undone()).toHaveLength(3)
  const second = await openMemoryLog({ bucket: first.bucket, epoch: first.log.epoch + 1 })
  const asked: number[] = []
  const doneMeanwhile: number[] = []
  const next = makeProjector(sessionId, second.log, async (records) => {
    asked.push(...records.map(({ sequence }) => sequence))
    await new Promise((resolve) => setImmediate(resolve))
    doneMeanwhile.push(second.log.state.doneUpTo)
  })
  await next.projector.settled()
  expect(asked).toEqual([1, 2, 3])
  expect(doneMeanwhile).toEqual([0])
  expect(second.log.state.undone()).toEqual([])
})

test('a message that cannot be decrypted is one row, which its content replaces and a replay does not bring back', async () => {
  const sessionId = newId('ses')
  const { log, bucket } = await openMemoryLog()
  const attributes = { id: 'WAlate', from: '5511988887777@s.whatsapp.net' }
  const at = Date.now()
  log.append([{ t: 'undecrypted', at, messageKey: 'key', attributes, reason: 'no_session' }])
  const shown = undecryptableRecordOf(log, log.state.undecryptedOf('key')!, OWN, at)
  log.append([shown])
  const messages = new Messages(tables, scope)
  const messageId = shown.event?.messageId ?? ''
  await makeProjector(sessionId, log).projector.settled()
  expect(await messages.get(messageId)).toMatchObject({ type: 'undecryptable', status: 'received' })
  const stanza = {
    attributes,
    message: { conversation: 'here it is' },
    plaintext: Buffer.from('x'),
    encryptionType: 'msg',
    ciphertextHash: 'late',
    stanza: Buffer.from('x'),
    messageKey: 'key',
  }
  log.append([{ ...inboundRecordOf(log, stanza, OWN, at + 1), messageKey: 'key' }])
  await log.durable(log.lastLsn)
  const replay = await openMemoryLog({ bucket, epoch: 2 })
  await makeProjector(sessionId, log).projector.settled()
  await makeProjector(sessionId, replay.log).projector.settled()
  expect(await messages.get(messageId)).toMatchObject({ type: 'text', whatsappId: 'WAlate' })
  const { rows } = await readAll(sessionId)
  expect(rows.map(({ type }) => type)).toEqual(['message.undecryptable', 'message.received'])
  const [first, second] = await Promise.all(
    rows.map(({ id, data }) => tenantKeys.open(scope, eventDataPlace(id), data as Sealed)),
  )
  expect(first).toMatchObject({ message: { id: messageId, type: 'undecryptable' }, reason: 'no_session' })
  const told = (data: unknown) => messageSchema.parse((data as { message: unknown }).message)
  expect(told(first).undecryptable).toEqual({ reason: 'no_session' })
  expect(told(second).undecryptable).toBeUndefined()
  expect(second).toMatchObject({ message: { id: messageId, text: { body: 'here it is' } } })
})

test('stops at a sequence that belongs to another event, and writes nothing after it', async () => {
  const sessionId = newId('ses')
  const { log } = await openMemoryLog()
  await new Events(tables, scope).put({
    v: 1,
    tenantId: scope.tenantId,
    mode: 'test',
    id: eventIdOf(sessionId, 1, 1),
    type: 'message.received',
    sessionId,
    sequence: 1,
    timestamp: 1,
    data: 'foreign' as Sealed,
  })
  receive(log, 1)
  const { projector, broken } = makeProjector(sessionId, log)
  await projector.settled()
  expect(broken).toMatchObject([{ name: 'SequenceClashError' }])
  expect(log.state.undone()).toHaveLength(1)
  receive(log, 1)
  await projector.settled()
  expect((await readAll(sessionId)).rows).toHaveLength(1)
})

test('a row that its worker never survives is told as unprocessable after three tries alone, the rest goes on', async () => {
  const sessionId = newId('ses')
  const first = await openMemoryLog()
  receive(first.log, 4)
  await first.log.durable(first.log.lastLsn)
  const { bucket } = first
  let epoch = first.log.epoch
  // A worker marks its batch, begins, and dies: three times over the third row, after two that got through.
  const dieAt = async (mark: { from: number; upTo: number; alone: boolean }, doneUpTo: number | null) => {
    const { log } = await openMemoryLog({ bucket, epoch: ++epoch })
    log.append([{ t: 'mark', ...mark }, ...(doneUpTo === null ? [] : [{ t: 'done' as const, upTo: doneUpTo }])])
    await log.durable(log.lastLsn)
  }
  await dieAt({ from: 1, upTo: 4, alone: false }, null)
  await dieAt({ from: 1, upTo: 1, alone: true }, 2)
  for (let attempt = 1; attempt <= 3; attempt++) await dieAt({ from: 3, upTo: 3, alone: true }, null)

  const last = await openMemoryLog({ bucket, epoch: ++epoch })
  expect(last.log.state.triesOf(3)).toBe(3)
  await makeProjector(sessionId, last.log).projector.replay()
  expect(last.log.state.undone()).toEqual([])
  const { rows } = await new Events(tables, scope).readSession(sessionId, { afterSequence: 2, limit: 10 })
  expect(rows.map(({ type, sequence }) => [type, sequence])).toEqual([
    ['message.undecryptable', 3],
    ['message.received', 4],
  ])
  const told = rows[0]
  expect(await tenantKeys.open(scope, `E#${told?.id}`, told?.data as Sealed)).toMatchObject({
    reason: 'unprocessable',
    message: { whatsappId: 'WA3', from: { phone: '+5511988887777' } },
  })
  const raw = await logClient.send(
    new GetObjectCommand({ Bucket: 'auth', Key: `poison/${scope.tenantId}-T/${sessionId}/${told?.id}` }),
  )
  expect(raw.Body).toBeDefined()
})

test('a row that can never be written does not hold back the rows behind it', async () => {
  const sessionId = newId('ses')
  const { log } = await openMemoryLog()
  receive(log, 3)
  const record = log.state.undone()[1]
  if (record?.t !== 'in' || !record.event) throw new Error('no inbound record')
  // What no table takes: an item above DynamoDB's limit.
  Object.assign(record.event.content, { text: { body: 'x'.repeat(500_000) } })
  await makeProjector(sessionId, log).projector.settled()
  expect((await readAll(sessionId)).rows.map(({ type }) => type)).toEqual([
    'message.received',
    'message.undecryptable',
    'message.received',
  ])
})
