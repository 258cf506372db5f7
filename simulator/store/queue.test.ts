import { expect, test } from 'vitest'
import { Database } from './database.ts'
import { confirmStanza, enqueueStanza, expectNoNacks, queuedStanzas } from './queue.ts'

const DEVICE = 1

function queueWith(nacksToSkip: number): Database {
  const database = new Database(':memory:')
  const entry = { deviceId: DEVICE, tag: 'message', stanzaId: 'M1', type: 'text', stanza: Buffer.from('x') }
  enqueueStanza(database, entry, nacksToSkip)
  return database
}

const waiting = (database: Database) => queuedStanzas(database, DEVICE).length
const nack = (database: Database) => confirmStanza(database, DEVICE, 'message', 'M1', null, true)

test('the nack that follows a retry receipt leaves the re-encrypted copy in the queue, the next one removes it', () => {
  const database = queueWith(1)
  nack(database)
  expect(waiting(database)).toBe(1)
  nack(database)
  expect(waiting(database)).toBe(0)
})

test('a receipt removes the re-encrypted copy although its nack never came', () => {
  const database = queueWith(1)
  expect(confirmStanza(database, DEVICE, 'message', 'M1', null, false)).toBe(true)
  expect(waiting(database)).toBe(0)
})

test('after a reconnect a nack counts again: the one that was to come died with its connection', () => {
  const database = queueWith(1)
  expectNoNacks(database, DEVICE)
  nack(database)
  expect(waiting(database)).toBe(0)
})

test('a confirmation of another stanza or device removes nothing', () => {
  const database = queueWith(0)
  expect(confirmStanza(database, DEVICE, 'message', 'M2', null, false)).toBe(false)
  expect(confirmStanza(database, DEVICE, 'receipt', 'M1', '', false)).toBe(false)
  expect(confirmStanza(database, 2, 'message', 'M1', null, false)).toBe(false)
  expect(waiting(database)).toBe(1)
})

test('a transaction that throws leaves nothing behind', () => {
  const database = new Database(':memory:')
  const entry = { deviceId: DEVICE, tag: 'message', stanzaId: 'M1', type: 'text', stanza: Buffer.from('x') }
  expect(() =>
    database.transaction(() => {
      database.transaction(() => enqueueStanza(database, entry))
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(waiting(database)).toBe(0)
})
