import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ReceivedMessage } from '../../shared/core/operation-inputs.ts'
import { OperationRows } from '../../shared/store/operation-rows.ts'
import type { MessageRow } from '../../shared/store/rows/message.ts'
import { acceptOperation, runOperation, untilOperation } from '../testing/run-operation.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
const ANA = '5511988887777'
const BIA = '5511977776666'

beforeAll(async () => {
  fleet = await startTestFleet()
  for (const phone of [ANA, BIA]) await fleet.simulator.addContact(phone, { name: phone })
})
afterAll(async () => {
  await fleet.stop()
})

/** What the author of a message was told, by whom. */
const receiptsOf = async (author: string, whatsappId: string, from: string): Promise<string[]> => {
  const { data } = await fleet.simulator.control('GET', `contacts/${author}/receipts?whatsappId=${whatsappId}`)
  return data
    .filter((receipt: { from: string }) => receipt.from === `+${from}`)
    .map(({ type }: { type: string }) => type)
}
const readsOf = async (author: string, whatsappId: string, from: string) =>
  (await receiptsOf(author, whatsappId, from)).filter((type) => type === 'read').length
const isRead = async (author: string, whatsappId: string, from: string) =>
  (await receiptsOf(author, whatsappId, from)).includes('read')

/** Rows of what came in, oldest first. */
const received = (sessionId: string, whatsappIds: readonly string[]): Promise<MessageRow[]> =>
  until('the messages', async () => {
    const { items } = await fleet.messages.list({ sessionId, limit: 100 })
    const found = whatsappIds.flatMap((id) => items.filter((row) => row.whatsappId === id))
    return found.length === whatsappIds.length ? found : null
  })
const nameOf = (row: MessageRow): ReceivedMessage => ({
  messageId: row.id,
  whatsappId: row.whatsappId,
  chatJid: row.chat.jid ?? '',
  participantJid: row.chat.kind === 'user' ? null : row.from.jid,
})
const setReceipts = async (sessionId: string, readReceipts: 'manual' | 'onReceive' | 'never'): Promise<void> => {
  await fleet.sessions.update(sessionId, { readReceipts })
  await fleet.ring((await fleet.leases.get(sessionId))?.queueUrl ?? null, 'desired', sessionId)
}

test('marks messages of several authors as read: each author is told, once, and the rows say so', async () => {
  const worker = await fleet.startWorker()
  const phone = '5511900006001'
  const sessionId = await fleet.linkSession(worker, phone)
  const fromAna = [
    await fleet.simulator.contactSends(ANA, phone, 'one'),
    await fleet.simulator.contactSends(ANA, phone, 'two'),
  ]
  const fromBia = await fleet.simulator.contactSends(BIA, phone, 'three')
  const unread = await fleet.simulator.contactSends(ANA, phone, 'four')
  const rows = await received(sessionId, [...fromAna, fromBia, unread])
  const messages = rows.slice(0, 3).reverse().map(nameOf)
  expect(await runOperation(fleet, sessionId, 'markMessageRead', { messages, hasMore: false })).toEqual({
    messages: 3,
    hasMore: false,
  })
  for (const id of fromAna) expect(await readsOf(ANA, id, phone)).toBe(1)
  expect(await readsOf(BIA, fromBia, phone)).toBe(1)
  expect(await readsOf(ANA, unread, phone)).toBe(0)
  const readAts = (await Promise.all(rows.map(({ id }) => fleet.messages.get(id)))).map((row) => row?.readAt ?? null)
  expect(readAts).toEqual([expect.any(Number), expect.any(Number), expect.any(Number), null])
  expect(await fleet.simulator.violations()).toEqual([])
})

test('a worker that dies before or after the receipt left leaves it to the next one', async () => {
  const first = await fleet.startWorker()
  const second = await fleet.startWorker()
  const phone = '5511900006002'
  const sessionId = await fleet.linkSession(first, phone)
  const ids = await Promise.all(
    Array.from({ length: 30 }, (_, index) => fleet.simulator.contactSends(ANA, phone, `${index}`)),
  )
  const rows = await received(sessionId, ids)
  const operations = []
  for (const row of rows)
    operations.push(
      await acceptOperation(fleet, sessionId, 'markMessageRead', { messages: [nameOf(row)], hasMore: false }),
    )
  await until('the first was told', () => isRead(ANA, ids[0] ?? '', phone))
  first.abandon()
  const store = new OperationRows(fleet.tables, fleet.scope)
  const left = (await store.listOpen(sessionId, { limit: 100 })).rows.length
  // The race point: something was left to do.
  expect(left).toBeGreaterThan(0)
  await fleet.assign(sessionId, second)
  for (const { id } of operations) expect((await untilOperation(fleet, id)).status).toBe('succeeded')
  for (const id of ids) expect(await isRead(ANA, id, phone)).toBe(true)
  for (const row of rows) expect((await fleet.messages.get(row.id))?.readAt).not.toBeNull()
})

test('onReceive: every message is told as read by itself, also one of a group; manual and never: none', async () => {
  const worker = await fleet.startWorker()
  const phone = '5511900006003'
  const sessionId = await fleet.linkSession(worker, phone)
  const before = await fleet.simulator.contactSends(ANA, phone, 'before')
  await received(sessionId, [before])
  await setReceipts(sessionId, 'onReceive')
  await until('the policy', async () => {
    const probe = await fleet.simulator.contactSends(BIA, phone, 'probe')
    await received(sessionId, [probe])
    return until('read', () => isRead(BIA, probe, phone), 1_000).catch(() => null)
  })
  const id = await fleet.simulator.contactSends(ANA, phone, 'hello')
  await until('read', () => isRead(ANA, id, phone))
  const [row] = await received(sessionId, [id])
  await until('its row', async () => (await fleet.messages.get(row?.id ?? ''))?.readAt)
  const group = await fleet.simulator.control('POST', 'groups', {
    creator: ANA,
    subject: 'Team',
    participants: [phone, BIA],
  })
  const inGroup = await fleet.simulator.contactSends(BIA, group.jid, 'hello all')
  await until('read in the group', () => isRead(BIA, inGroup, phone))
  expect(await readsOf(ANA, before, phone)).toBe(0)

  await setReceipts(sessionId, 'never')
  await until('the policy is off', async () => {
    const probe = await fleet.simulator.contactSends(BIA, phone, 'probe')
    const [last] = await received(sessionId, [probe])
    const asked = await until(
      'asked',
      async () => {
        const open = await new OperationRows(fleet.tables, fleet.scope).listOpen(sessionId, { limit: 10 })
        return open.rows.length > 0 || (await fleet.messages.get(last?.id ?? ''))?.readAt
      },
      500,
    ).catch(() => null)
    return asked ? null : 'off'
  })
})

test('onReceive survives the worker: what came in while it died is told as read by the next one', async () => {
  const first = await fleet.startWorker()
  const second = await fleet.startWorker()
  const phone = '5511900006004'
  const sessionId = await fleet.linkSession(first, phone)
  await fleet.sessions.update(sessionId, { readReceipts: 'onReceive' })
  await fleet.setDesired(sessionId, 'STOPPED')
  await fleet.released(sessionId)
  const ids = await Promise.all(
    Array.from({ length: 20 }, (_, index) => fleet.simulator.contactSends(ANA, phone, `${index}`)),
  )
  await fleet.setDesired(sessionId, 'RUNNING')
  await fleet.assign(sessionId, first)
  await until('some came', async () => (await fleet.messages.list({ sessionId, limit: 100 })).items.length > 0)
  first.abandon()
  await fleet.assign(sessionId, second)
  for (const id of ids) await until(`${id} read`, () => isRead(ANA, id, phone))
})
