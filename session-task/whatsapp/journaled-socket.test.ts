import { randomBytes } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import type { BinaryNode } from '@whiskeysockets/baileys'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openMemoryLog } from '../auth-log/testing/open-memory-log.ts'
import type { ConnectionEvents } from './connection.ts'
import { loadCredentials } from './credentials.ts'
import { type JournaledSocket, makeJournaledSocket } from './journaled-socket.ts'
import { sessionCaches } from './session-caches.ts'
import { inboundRecordOf, noteOf } from './testing/fake-session.ts'
import { eventually } from './testing/open-test-session.ts'

/** Everything that guards a connection is really installed on it: each test fails when its line is left out. */
let journaled: JournaledSocket
let log: Awaited<ReturnType<typeof openMemoryLog>>['log']
let lines: { msg: string; tag?: string }[]
let server: ReturnType<typeof createServer>
const peers: Socket[] = []
const HOUR_MS = 3_600_000

/** read at every look: only the test of the watchdog lowers them */
let limits: { alarmMs: number; stuckMs: number; bufferingMs: number; intervalMs: number }

beforeEach(async () => {
  lines = []
  limits = { alarmMs: HOUR_MS, stuckMs: HOUR_MS, bufferingMs: HOUR_MS, intervalMs: 5 }
  server = createServer((peer) => void peers.push(peer.on('error', () => undefined)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  ;({ log } = await openMemoryLog())
  const events = {
    onNotification: (notification) => noteOf(log, notification),
    onDecrypted: (stanza) => inboundRecordOf(log, stanza, Date.now()),
  } as Partial<ConnectionEvents> as ConnectionEvents
  const options = {
    log,
    url: `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`,
    version: null,
    link: null,
    events,
    loadSentProto: async () => undefined,
    logger: pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) }),
    watchdogLimits: limits,
  }
  const creds = { ...loadCredentials(log), me: { id: '1:1@s.whatsapp.net', name: 'Shop' } }
  journaled = makeJournaledSocket(options, creds)
})
afterEach(async () => {
  await journaled.socket.end(undefined)
  journaled.onClose()
  for (const peer of peers.splice(0)) peer.destroy()
  await new Promise((resolve) => server.close(resolve))
})

const closed = (): Promise<unknown> =>
  new Promise((resolve) => {
    journaled.socket.ev.on('connection.update', ({ connection, lastDisconnect }) => {
      if (connection === 'close') resolve(lastDisconnect?.error)
    })
  })
const message = (attrs: BinaryNode['attrs']): BinaryNode => ({ tag: 'message', attrs: { from: '888@lid', ...attrs } })

describe('a journaled socket', () => {
  it('completes updates of the credentials, so that no presence leaves', () => {
    const names: unknown[] = []
    journaled.socket.ev.on('creds.update', ({ me }) => names.push(me?.name))
    journaled.socket.ev.emit('creds.update', { nextPreKeyId: 9 })
    expect(names).toEqual(['Shop'])
  })

  it('writes keys to the log before their transaction ends', async () => {
    const { keys } = journaled.socket.authState
    await keys.transaction(async () => {
      await keys.set({ 'lid-mapping': { 222: '888' } })
      expect(log.state.key('lid-mapping', '222')).toBe('888')
    }, 'me')
  })

  it('lets buffered events out when it ends', async () => {
    const { ev } = journaled.socket
    const chats: unknown[] = []
    ev.on('chats.update', (update) => chats.push(...update))
    ev.buffer()
    ev.emit('chats.update', [{ id: '888@lid', unreadCount: 1 }])
    await journaled.socket.end(undefined)
    expect(chats).toHaveLength(1)
  })

  it('tells whoever waits for an answer when it ends', async () => {
    const errors: string[] = []
    journaled.socket.ws.on('error', ({ message: text }: Error) => errors.push(text))
    await journaled.socket.end(undefined)
    expect(errors).toContain('Connection Closed')
  })

  it('counts what it asks for again in the session, which outlives it', () => {
    const { ws, messageRetryManager } = journaled.socket
    ws.emit('CB:message', message({ id: 'A1', type: 'text', t: '1' }))
    for (let n = 0; n < 5; n++) messageRetryManager?.incrementRetryCount('A1')
    expect(messageRetryManager?.hasExceededMaxRetries('A1')).toBe(true)
    const { messages, senders } = sessionCaches(log).askedAgain
    expect([messages.get('A1'), senders.get('888@lid')]).toEqual([5, 5])
  })

  it('acks status stanzas, or says that it could not', async () => {
    const attrs = { id: '7', from: 'status@broadcast' }
    journaled.socket.ws.emit('CB:status', { tag: 'status', attrs })
    await eventually(() => lines.some(({ msg }) => msg === 'a status stanza could not be acked'))
  })

  it('journals notifications and missing content before the library answers', () => {
    const group = { id: 'N1', from: '1@g.us', type: 'w:gp2' }
    const content = [{ tag: 'subject', attrs: { subject: 'Team' } }]
    journaled.socket.ws.emit('CB:notification', { tag: 'notification', attrs: group, content })
    journaled.socket.ws.emit('CB:message', message({ id: 'M1', type: 'text', t: '1' }))
    expect(log.state.undone()).toMatchObject([{ t: 'note' }])
    expect(log.state.undecrypted()).toMatchObject([{ reason: 'absent' }])
  })

  it('takes the content that our phone sends for a message that came without, once', async () => {
    const { ev, ws } = journaled.socket
    const resent = (id: string, text: string) => ({
      key: { id, remoteJid: '222@s.whatsapp.net', remoteJidAlt: '888@lid' },
      message: { conversation: text },
      messageTimestamp: 5,
      pushName: 'Ana',
    })
    const upsert = (id: string, text: string) =>
      ev.emit('messages.upsert', { messages: [resent(id, text)], type: 'notify' })
    ws.emit('CB:message', message({ id: 'M1', type: 'text', t: '1' }))
    upsert('M1', 'from an ad')
    upsert('M1', 'from an ad')
    upsert('M2', 'nobody waits for this one')
    await eventually(() => log.state.undecrypted().length === 0)
    expect(log.state.undone()).toMatchObject([
      { t: 'in', event: { whatsappId: 'M1', pushName: 'Ana', content: { text: { body: 'from an ad' } } } },
    ])
  })

  it('lives through 1,500 messages of garbage at once: each is refused, a thousand are remembered', async () => {
    const { ws } = journaled.socket
    for (let n = 0; n < 1_500; n++) {
      const type = n % 2 === 0 ? 'msg' : 'pkmsg'
      const enc = { tag: 'enc', attrs: { v: '2', type }, content: randomBytes(n % 300) }
      ws.emit('CB:message', { ...message({ id: `G${n}`, type: 'text', t: '1' }), content: [enc] })
    }
    await eventually(() => log.state.undecrypted().at(-1)?.attributes.id === 'G1499', 25_000)
    expect(log.state.undecrypted()).toHaveLength(1_000)
    expect(log.state.undone()).toEqual([])
    // and the next one is heard
    ws.emit('CB:notification', {
      tag: 'notification',
      attrs: { id: 'N1', from: '1@g.us', type: 'w:gp2' },
      content: [{ tag: 'subject', attrs: { subject: 'Team' } }],
    })
    expect(log.state.undone()).toHaveLength(1)
  })

  it('replaces itself for a stanza without an answer, and only for that', async () => {
    Object.assign(limits, { alarmMs: 30, stuckMs: 60 })
    const end = closed()
    journaled.socket.ws.emit('CB:notification', {
      tag: 'notification',
      attrs: { id: 'N1', from: '888@lid', type: 'x' },
    })
    // the library puts an offline message aside until the socket is open, which it never is
    journaled.socket.ws.emit('CB:message', message({ id: 'M1', offline: '1', type: 'text', t: '1' }))
    expect(await end).toMatchObject({ message: 'Stanza not answered', output: { statusCode: 408 } })
    const alarms = lines.filter(({ msg }) => msg === 'a stanza has no answer')
    expect(alarms.map(({ tag }) => tag)).toEqual(['message'])
  })

  it('does not wait for a peer that is gone when it closes', () => {
    expect(Object.hasOwn((journaled.socket.ws as unknown as { socket: object }).socket, 'close')).toBe(true)
  })
})
