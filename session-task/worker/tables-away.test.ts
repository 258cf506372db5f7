import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeDocumentClient } from '../../shared/store/table.ts'
import { openTables } from '../../shared/store/tables.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import { openConnection } from '../whatsapp/open-connection.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
})
afterAll(async () => {
  await fleet.stop()
})

test('while DynamoDB is away sockets stay, what comes in is kept, nothing is claimed; afterwards all of it is there, once', async () => {
  let isAway = false
  let refused = 0
  let opened = 0
  const client = makeDocumentClient()
  client.middlewareStack.add(
    (next) => async (args) => {
      if (!isAway) return next(args)
      refused++
      throw Object.assign(new Error('DynamoDB is away'), { name: 'TimeoutError' })
    },
    { step: 'initialize', priority: 'high' },
  )
  const worker = await fleet.startWorker({
    tables: openTables(client),
    heartbeatMs: 200,
    openConnection: (options) => {
      opened++
      return openConnection(options)
    },
  })
  const phone = '5511900008001'
  const sessionId = await fleet.linkSession(worker, phone)
  const before = opened
  const receiptsOf = async () =>
    (await fleet.simulator.wire(phone)).filter(({ direction, tag }) => direction === 'in' && tag === 'receipt').length

  isAway = true
  const bodies = Array.from({ length: 30 }, (_, index) => `while it was away ${index}`)
  const receipts = await receiptsOf()
  for (const body of bodies) await fleet.simulator.contactSends(CONTACT, phone, body)
  // Each is in the log before its receipt leaves, although no row can be written.
  await until('30 receipts', async () => (await receiptsOf()) >= receipts + bodies.length)
  const beats = refused
  await until('more beats', () => refused > beats + 3)
  const waiting = await fleet.accept(sessionId, CONTACT, 'accepted meanwhile')
  const again = refused
  await until('more beats', () => refused > again + 3)
  expect((await fleet.messages.get(waiting.id))?.attempts).toBe(0)
  expect((await fleet.readEvents(sessionId)).filter(({ type }) => type === 'message.received')).toEqual([])
  expect(opened).toBe(before)

  isAway = false
  await fleet.untilMessage(waiting.id, ['sent', 'delivered', 'read'])
  const texts = await until('all events', async () => {
    const received = (await fleet.readEvents(sessionId)).filter(({ type }) => type === 'message.received')
    return received.length >= bodies.length ? received.map(({ data }) => data.message?.text?.body) : null
  })
  expect(texts.toSorted()).toEqual(bodies.toSorted())
  expect(opened).toBe(before)
  expect(worker.sessionCount).toBe(1)
  expect(await fleet.simulator.violations()).toEqual([])
})

test('while only its beats do not get through, a worker claims nothing new: it may be about to be declared dead', async () => {
  let isLost = false
  let lost = 0
  const client = makeDocumentClient()
  client.middlewareStack.add(
    (next) => async (args) => {
      const key = (args.input as { Key?: { pk?: string; sk?: string } }).Key
      if (!isLost || !key?.pk?.startsWith('W#') || key.sk !== 'META') return next(args)
      lost++
      throw Object.assign(new Error('DynamoDB is away'), { name: 'TimeoutError' })
    },
    { step: 'initialize', priority: 'high' },
  )
  const worker = await fleet.startWorker({ tables: openTables(client), heartbeatMs: 100 })
  const sessionId = await fleet.linkSession(worker, '5511900008002')
  isLost = true
  await until('a lost beat', () => lost > 2)
  const waiting = await fleet.accept(sessionId, CONTACT, 'not now')
  const before = lost
  await until('many more beats', () => lost > before + 10)
  expect(await fleet.messages.get(waiting.id)).toMatchObject({ status: 'queued', attempts: 0 })
  isLost = false
  await fleet.untilMessage(waiting.id, ['sent', 'delivered', 'read'])
})

test('a new epoch whose answer is lost does not keep a session closed: the planned opening stands, whatever the beats say', async () => {
  let isLosing = false
  let lost = 0
  const client = makeDocumentClient()
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const legs = (args.input as { TransactItems?: { Update?: { Key?: { sk?: string } } }[] }).TransactItems ?? []
      if (!isLosing || !legs.some(({ Update }) => Update?.Key?.sk === 'LEASE')) return result
      isLosing = false
      lost++
      throw Object.assign(new Error('the answer is lost'), { name: 'TimeoutError' })
    },
    { step: 'initialize', priority: 'high' },
  )
  const worker = await fleet.startWorker({ tables: openTables(client), heartbeatMs: 100 })
  const sessionId = await fleet.linkSession(worker, '5511900008003')
  isLosing = true
  // Somebody raised the epoch: two beats later the log is opened again, under an epoch whose answer gets lost.
  await fleet.leases.raiseEpoch(sessionId, { workerId: worker.id, incarnation: 1 }, 0)
  await until('a lost answer', () => lost === 1)
  const waiting = await fleet.accept(sessionId, CONTACT, 'after the lost answer')
  await fleet.untilMessage(waiting.id, ['sent', 'delivered', 'read'])
  expect(worker.sessionCount).toBe(1)
})
