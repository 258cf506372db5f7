import { expect, test } from 'vitest'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { openMemoryLog, quietLog } from '../auth-log/testing/open-memory-log.ts'
import type { WhatsAppConnection } from '../whatsapp/connection.ts'
import { Connector, type ConnectorListener } from './connector.ts'
import type { SessionContext, WorkerServices } from './session-context.ts'

const LINKED = { t: 'creds', creds: { me: { id: '5511900000001:1@s.whatsapp.net' }, account: {} } } as const

/** A connector on a log in memory; what it opens is told in order, and each attempt waits for its turn. */
const makeConnector = async () => {
  const { log, bucket } = await openMemoryLog()
  await log.durable(log.append([LINKED]))
  const turns: (() => void)[] = []
  const waiting: (() => void)[] = []
  const opened: (() => void)[] = []
  let count = 0
  const services = {
    connectTurn: () =>
      new Promise<void>((resolve) => {
        turns.push(resolve)
        for (const tell of waiting.splice(0)) tell()
      }),
    clientVersion: { version: [2, 3000, 1], holdMs: async () => 0, whenReleased: () => () => {} },
    openConnection: () => {
      count++
      for (const tell of opened.splice(0)) tell()
      return { close: async () => {} } as unknown as WhatsAppConnection
    },
    socketUrl: 'ws://127.0.0.1:1',
  } as unknown as WorkerServices
  const context: SessionContext = {
    services,
    scope: { tenantId: 'ten_1', mode: 'test' } as unknown as TenantScope,
    sessionId: 'ses_test',
    log: quietLog,
  }
  const listener = {
    eventsFor: () => ({}),
    isFull: () => false,
    onDetached: () => {},
    onReconnecting: () => {},
    isOurs: async () => true,
    ownProxy: () => null,
  } as unknown as ConnectorListener
  const connector = new Connector({ context, sessionLog: log, listener })
  const untilTurn = async () => {
    if (turns.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    return turns.shift() ?? (() => {})
  }
  const untilOpened = () => new Promise<void>((resolve) => opened.push(resolve))
  return { connector, log, bucket, untilTurn, untilOpened, openedCount: () => count }
}

const CLOSED = { code: 428, message: 'Connection Terminated' }

test('a reconnect asks the log first: a login of a former owner would end the connection of the present one', async () => {
  const { connector, log, bucket, untilTurn, untilOpened, openedCount } = await makeConnector()
  const first = untilOpened()
  connector.connectSoon()
  ;(await untilTurn())()
  await first

  connector.close(CLOSED)
  const goOn = await untilTurn()
  await openMemoryLog({ bucket, epoch: 2 })
  const again = untilOpened().then(() => 'connected again')
  const lost = new Promise<string>((resolve) => log.onLost(resolve))
  goOn()
  expect(await Promise.race([again, lost])).toBe('fenced')
  expect(openedCount()).toBe(1)
})

test('a reconnect of the owner goes on, and the first connection after the open asks nothing', async () => {
  const { connector, bucket, untilTurn, untilOpened, openedCount } = await makeConnector()
  const head = bucket.head
  const first = untilOpened()
  connector.connectSoon()
  bucket.head = null
  ;(await untilTurn())()
  await first
  bucket.head = head
  const second = untilOpened()
  connector.close(CLOSED)
  ;(await untilTurn())()
  await second
  expect(openedCount()).toBe(2)
})
