import { expect, test } from 'vitest'
import type { SequencedRecord } from '../auth-log/records.ts'
import { openMemoryLog } from '../auth-log/testing/open-memory-log.ts'
import { InFlight } from './in-flight.ts'
import { Journal } from './journal.ts'
import { OutboxAnswers } from './outbox-answers.ts'

/** A message that left so many times, and what WhatsApp says about it. */
const sent = async (frames: number) => {
  const { log } = await openMemoryLog()
  for (let n = 1; n <= frames; n++) log.append([{ t: 'out', messageId: 'msg', whatsappId: 'WA', n }])
  const refusedChats: boolean[] = []
  const answers = new OutboxAnswers({
    sessionLog: log,
    journal: new Journal(log, () => {}),
    flights: new InFlight({ sessionLog: log, dimensions: {}, onLanded: () => {} }),
    onChatRefused: (isNewChat) => refusedChats.push(isNewChat),
  })
  const told = () =>
    log.state.undone().map((record: SequencedRecord) => ('status' in record ? record.status : record.t))
  /** what usage needs to count a step that nothing told */
  const after = () =>
    log.state.undone().map((record: SequencedRecord) => ('after' in record ? record.after : undefined))
  return { log, answers, told, after, refusedChats }
}

test('the server’s ack is sent; a receipt proves more, and neither is told twice or taken back', async () => {
  const { answers, told, after } = await sent(1)
  answers.onServerAck({ whatsappId: 'WA', error: null, at: 1 })
  answers.onServerAck({ whatsappId: 'WA', error: null, at: 2 })
  answers.onReceipt({ whatsappIds: ['WA'], kind: 'read', from: 'x', at: 3 })
  answers.onReceipt({ whatsappIds: ['WA', 'not ours'], kind: 'delivered', from: 'x', at: 4 })
  answers.onServerAck({ whatsappId: 'WA', error: 479, at: 5 })
  expect(told()).toEqual(['sent', 'read'])
  expect(after()).toEqual([null, 'sent'])
})

test('a refusal is failed, unless an earlier frame may have arrived: then it is unknown, and an ack still beats it', async () => {
  const once = await sent(1)
  once.answers.onServerAck({ whatsappId: 'WA', error: 479, at: 1 })
  expect(once.told()).toEqual(['fail'])

  const again = await sent(2)
  again.answers.onServerAck({ whatsappId: 'WA', error: 479, at: 1 })
  expect(again.told()).toEqual(['unknown'])
  again.answers.onServerAck({ whatsappId: 'WA', error: null, at: 2 })
  expect(again.told()).toEqual(['unknown', 'sent'])
  expect(again.after()).toEqual([null, 'unknown'])
})

test('a refused chat is told to whoever holds new chats back; an unknown one counts as new', async () => {
  const { answers, refusedChats } = await sent(1)
  answers.onServerAck({ whatsappId: 'WA', error: 463, at: 1 })
  expect(refusedChats).toEqual([true])
})
