import { expect, test, vi } from 'vitest'
import type { MessageRow } from '../../shared/store/rows/message.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { WhatsAppConnection } from '../whatsapp/connection.ts'
import { InFlight } from './in-flight.ts'
import { OutboxAttempt } from './outbox-attempt.ts'

/** The parts that a try without a connection never touches are left out. */
type Input = ConstructorParameters<typeof OutboxAttempt>[0]

test('a message whose connection closed while it was claimed is free for the next connection at once', async () => {
  const flights = new InFlight({ sessionLog: {} as SessionLog, dimensions: {}, onLanded: () => {} })
  const delay = vi.fn()
  const attempt = new OutboxAttempt({ flights, delay, onNoAck: () => {} } as unknown as Input)
  const closed = {} as WhatsAppConnection
  flights.start('msg_1', closed, false)
  await attempt.send({ id: 'msg_1' } as MessageRow, closed, () => false)
  expect(flights.has('msg_1')).toBe(false)
  expect(delay).toHaveBeenCalledWith('msg_1', 0)

  const next = {} as WhatsAppConnection
  flights.start('msg_1', next, false)
  await attempt.send({ id: 'msg_1' } as MessageRow, closed, () => false)
  expect(flights.get('msg_1')?.connection).toBe(next)
})
