import { afterAll, beforeAll, expect, test } from 'vitest'
import { OperationRows } from '../../shared/store/operation-rows.ts'
import { makeDocumentClient } from '../../shared/store/table.ts'
import { openTables } from '../../shared/store/tables.ts'
import { acceptOperation, failOperation, person, runOperation, untilOperation } from '../testing/run-operation.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import type { WhatsAppCommands } from '../whatsapp/commands/types.ts'
import type { OpenConnection } from '../whatsapp/connection.ts'
import { openConnection } from '../whatsapp/open-connection.ts'

let fleet: TestFleet
let rows: OperationRows
const ANA = '5511988887777'
const GROUP = { subject: 'Once', description: null, participants: [person(ANA)] }
let phones = 5511900006000
const newPhone = () => String(++phones)

beforeAll(async () => {
  fleet = await startTestFleet()
  rows = new OperationRows(fleet.tables, fleet.scope)
  await fleet.simulator.addContact(ANA, { name: 'Ana' })
})
afterAll(() => fleet.stop())

/** A connection whose commands the test steps into. */
const withCommands =
  (change: (commands: WhatsAppCommands) => Partial<WhatsAppCommands>): OpenConnection =>
  (options) => {
    const connection = openConnection(options)
    return Object.create(connection, {
      commands: { value: { ...connection.commands, ...change(connection.commands) } },
    }) as typeof connection
  }
const never = new Promise<never>(() => undefined)
const createsOf = async (phone: string) =>
  (await fleet.simulator.wire(phone)).filter(
    ({ direction, attrs }) => direction === 'in' && attrs.xmlns === 'w:g2' && attrs.type === 'set',
  ).length
const groupsOf = async (phone: string): Promise<{ jid: string }[]> =>
  (await fleet.simulator.control('GET', 'groups')).data.filter(
    ({ creator }: { creator: string }) => creator === `+${phone}`,
  )

test('a group whose worker died before it heard the answer is never made twice: the operation ends unknown', async () => {
  let isMade = false
  const first = await fleet.startWorker({
    openConnection: withCommands((commands) => ({
      createGroup: async (...input) => {
        await commands.createGroup(...input)
        isMade = true
        return never
      },
    })),
  })
  const phone = newPhone()
  const sessionId = await fleet.linkSession(first, phone)
  const { id } = await acceptOperation(fleet, sessionId, 'createGroup', GROUP)
  await until('the group', () => isMade)
  first.abandon()
  expect((await rows.get(id))?.status).toBe('running')
  await fleet.assign(sessionId, await fleet.startWorker())
  expect(await untilOperation(fleet, id)).toMatchObject({ status: 'unknown', failure: { code: 'outcome_unknown' } })
  expect([await createsOf(phone), (await groupsOf(phone)).length]).toEqual([1, 1])
})

test('an answer that was in the log before its worker died is the answer: nothing is asked again', async () => {
  let isAway = false
  let isEndRefused = false
  const client = makeDocumentClient()
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (!isAway) return next(args)
        if (commandName?.startsWith('TransactWrite')) isEndRefused = true
        throw Object.assign(new Error('DynamoDB is away'), { name: 'TimeoutError' })
      },
    { step: 'initialize', priority: 'high' },
  )
  const first = await fleet.startWorker({
    tables: openTables(client),
    openConnection: withCommands((commands) => ({
      createGroup: async (...input) => {
        const made = await commands.createGroup(...input)
        isAway = true
        return made
      },
    })),
  })
  const phone = newPhone()
  const sessionId = await fleet.linkSession(first, phone)
  const { id } = await acceptOperation(fleet, sessionId, 'createGroup', GROUP)
  await until('the row cannot be written', () => isEndRefused)
  first.abandon()
  isAway = false
  await fleet.assign(sessionId, await fleet.startWorker())
  expect(await untilOperation(fleet, id)).toMatchObject({ status: 'succeeded', attempts: 2 })
  expect([await createsOf(phone), (await groupsOf(phone)).length]).toEqual([1, 1])
})

test('a worker that died before it asked left nothing: the next owner makes the group, once', async () => {
  let isAsked = false
  const first = await fleet.startWorker({
    openConnection: withCommands(() => ({
      lookup: () => {
        isAsked = true
        return never
      },
    })),
  })
  const phone = newPhone()
  const sessionId = await fleet.linkSession(first, phone)
  const { id } = await acceptOperation(fleet, sessionId, 'createGroup', GROUP)
  await until('the claim', () => isAsked)
  first.abandon()
  await fleet.assign(sessionId, await fleet.startWorker())
  expect(await untilOperation(fleet, id)).toMatchObject({ status: 'succeeded', attempts: 2 })
  expect([await createsOf(phone), (await groupsOf(phone)).length]).toEqual([1, 1])
})

test('a value whose connection closed under it is set over the next one', async () => {
  const worker = await fleet.startWorker()
  const phone = newPhone()
  const sessionId = await fleet.linkSession(worker, phone)
  await fleet.simulator.fault({ kind: 'swallowQueries', xmlns: 'status', phone })
  const { id } = await acceptOperation(fleet, sessionId, 'updateProfile', { name: null, about: 'Twice asked' })
  const asked = async () =>
    (await fleet.simulator.wire(phone)).filter(({ direction, attrs }) => direction === 'in' && attrs.xmlns === 'status')
      .length
  await until('the question', async () => (await asked()) === 1)
  await fleet.simulator.fault({ kind: 'drop', mode: 'reset', phone })
  expect(await untilOperation(fleet, id)).toMatchObject({ status: 'succeeded', attempts: 2 })
  expect(await asked()).toBe(2)
  expect(await fleet.simulator.control('GET', `contacts/${phone}/profile`)).toMatchObject({ about: 'Twice asked' })
})

test('what came while nobody was connected waits for the connection; what waited too long expires', async () => {
  const worker = await fleet.startWorker()
  const sessionId = await fleet.linkSession(worker, newPhone())
  await fleet.setDesired(sessionId, 'STOPPED')
  await fleet.released(sessionId)
  const lookup = { addresses: [{ input: ANA, target: person(ANA) }] }
  const waiting = await acceptOperation(fleet, sessionId, 'lookupContacts', lookup)
  const late = await acceptOperation(fleet, sessionId, 'lookupContacts', lookup, { expiresAt: Date.now() - 1 })
  await fleet.setDesired(sessionId, 'RUNNING')
  await fleet.assign(sessionId, worker)
  expect((await untilOperation(fleet, waiting.id)).status).toBe('succeeded')
  expect(await untilOperation(fleet, late.id)).toMatchObject({ status: 'expired', attempts: 0 })
  await until('nothing is open', async () => (await rows.listOpen(sessionId, { limit: 10 })).rows.length === 0)
})

test('operations do not wait behind messages, whatever those wait for', async () => {
  const worker = await fleet.startWorker({ ackTimeoutMs: 60_000, isEndedByTest: true })
  const phone = newPhone()
  const sessionId = await fleet.linkSession(worker, phone)
  const silent = '5511944443333'
  await fleet.simulator.addContact(silent, { deliveryReceipts: false })
  await fleet.simulator.fault({ kind: 'slowAcks', delayMs: 60_000, phone })
  const messages = await Promise.all(
    Array.from({ length: 40 }, (_, n) => fleet.accept(sessionId, silent, `before ${n}`)),
  )
  const countOf = async (status: string) =>
    (await Promise.all(messages.map(({ id }) => fleet.messages.get(id)))).filter((row) => row?.status === status).length
  await until('a full window', async () => (await countOf('sending')) === 32)
  expect(await runOperation(fleet, sessionId, 'listGroups', {})).toEqual({ data: [] })
  expect([await countOf('sending'), await countOf('queued')]).toEqual([32, 8])
  await fleet.simulator.clearFaults()
  worker.abandon()
})

test('a 429 of WhatsApp is told as such, and nothing is asked in the minute after it', async () => {
  const worker = await fleet.startWorker()
  const phone = newPhone()
  const sessionId = await fleet.linkSession(worker, phone)
  await fleet.simulator.fault({ kind: 'failQueries', xmlns: 'w:g2', code: 429, phone })
  expect(await failOperation(fleet, sessionId, 'listGroups', {})).toBe('whatsapp_rate_limited')
  const before = (await fleet.simulator.wire(phone)).length
  expect(await failOperation(fleet, sessionId, 'listGroups', {})).toBe('whatsapp_rate_limited')
  const after = (await fleet.simulator.wire(phone)).slice(before)
  expect(after.filter(({ attrs }) => attrs.xmlns === 'w:g2')).toEqual([])
})

test('a command of a later version is refused, not left lying', async () => {
  const worker = await fleet.startWorker()
  const sessionId = await fleet.linkSession(worker, newPhone())
  const { id } = await acceptOperation(fleet, sessionId, 'listGroups', {}, { kind: 'paintGroups' })
  expect(await untilOperation(fleet, id)).toMatchObject({ status: 'failed', failure: { code: 'unavailable' } })
})
