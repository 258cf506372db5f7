import { randomBytes } from 'node:crypto'
import { type BinaryNode, Curve, initAuthCreds, type SignalKeyStore, type WASocket } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BoundedCache } from '../bounded-cache.ts'
// Repairs of the whole process come in with the product's own socket, and no other way: a lost import is seen here.
import '../journaled-socket.ts'
import { publishQr } from '../linking.ts'
import { QueryBudget } from '../query-budget.ts'
import { openUnconnectedSocket, type UnconnectedSocket } from '../testing/unconnected-socket.ts'
import { forgetPairingCode, isAbortedPairing } from './aborted-pairing-code.ts'
import { findUserOfNumber } from './absent-number.ts'
import { boundRetries } from './bounded-retries.ts'
import { silencedConsoleLines } from './console-silence.ts'
import { flushEventsAtEnd } from './end-flush.ts'
import { verifyInJavaScript } from './fast-verify.ts'
import { terminateHalfOpen } from './half-open-close.ts'
import { watchLogin } from './login-watchdog.ts'
import { rejectQueriesAtEnd } from './pending-queries.ts'
import { requireRecipientDevices } from './recipient-devices.ts'
import { ackStatusStanzas } from './status-ack.ts'
import { completeCredentialUpdates } from './stray-presence.ts'
import { writeKeysThrough } from './write-through-keys.ts'

let unconnected: UnconnectedSocket
let socket: WASocket
let rejections: unknown[]
const stored: string[] = []
let values: Record<string, Record<string, unknown>> = {}
const store = {
  get: (type: string) => values[type] ?? {},
  set: (data: Record<string, Record<string, unknown>>) => {
    stored.push(...Object.keys(data))
    for (const [type, added] of Object.entries(data)) values[type] = { ...values[type], ...added }
  },
} as unknown as SignalKeyStore

beforeEach(async () => {
  stored.length = 0
  values = {}
  unconnected = await openUnconnectedSocket(store)
  ;({ socket, rejections } = unconnected)
})
afterEach(() => unconnected.close())

const closed = () =>
  new Promise<unknown>((resolve) => {
    socket.ev.on('connection.update', ({ connection, lastDisconnect }) => {
      if (connection === 'close') resolve(lastDisconnect?.error)
    })
  })

describe('repairs of the library', () => {
  it('curve-verify: a signature of somebody else is not valid', () => {
    const [signer, other] = [Curve.generateKeyPair(), Curve.generateKeyPair()]
    const message = Buffer.from('message')
    const signature = Curve.sign(signer.private, message)
    expect(Curve.verify(signer.public, message, signature)).toBe(true)
    expect(Curve.verify(other.public, message, signature)).toBe(false)
    expect(Curve.verify(signer.public, Buffer.from('massage'), signature)).toBe(false)
    expect(Curve.verify(signer.public, message, new Uint8Array(3))).toBe(false)
  })

  it('fast-verify: answers like libsignal, for valid, changed and foreign signatures, and much sooner', () => {
    const verify = (key: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
      Curve.verify(key, message, signature)
    for (let run = 0; run < 30; run++) {
      const [signer, other] = [Curve.generateKeyPair(), Curve.generateKeyPair()]
      const message = randomBytes(run)
      const signature = Buffer.from(Curve.sign(signer.private, message))
      const changed = Buffer.from(signature)
      changed[run * 2]! ^= 1 << (run % 8)
      for (const [key, bytes] of [
        [signer.public, signature],
        [signer.public, changed],
        [other.public, signature],
      ] as const)
        expect(verify(key, message, bytes)).toBe(verifyInJavaScript(key, message, bytes))
    }
    const { private: secret, public: key } = Curve.generateKeyPair()
    const message = randomBytes(200)
    const signature = Curve.sign(secret, message)
    const time = (check: typeof verify) => {
      const start = process.cpuUsage()
      for (let run = 0; run < 20; run++) check(key, message, signature)
      return process.cpuUsage(start).user
    }
    // The quickest of five: a collection of garbage falls into one of them, not into all.
    const quickest = (check: typeof verify) => Math.min(...Array.from({ length: 5 }, () => time(check)))
    expect(quickest(verify) * 3).toBeLessThan(quickest(verifyInJavaScript))
  })

  it('console-silence: session objects of libsignal are not printed, other lines are', () => {
    const before = silencedConsoleLines()
    console.info('Closing session:', { _chains: {}, currentRatchet: { rootKey: 'secret' } })
    console.log({ privKey: 'secret' })
    expect(silencedConsoleLines()).toBe(before + 2)
    console.debug('a harmless line')
    expect(silencedConsoleLines()).toBe(before + 2)
  })

  it('status-ack: a status stanza is acked', () => {
    const sent: unknown[] = []
    const acked: string[] = []
    ackStatusStanzas(
      { ws: socket.ws, sendNode: async (node) => void sent.push(node) },
      (id) => acked.push(id),
      () => undefined,
    )
    socket.ws.emit('CB:status', { tag: 'status', attrs: { id: '7', from: 'status@broadcast', participant: '888@lid' } })
    expect(sent).toEqual([
      { tag: 'ack', attrs: { id: '7', to: 'status@broadcast', class: 'status', participant: '888@lid' } },
    ])
    expect(acked).toEqual(['7'])
  })

  it('stray-presence: an update without our name carries the known one', () => {
    const updates: unknown[] = []
    completeCredentialUpdates(socket)
    socket.ev.on('creds.update', ({ me, nextPreKeyId }) => updates.push([me?.name, nextPreKeyId]))
    socket.ev.emit('creds.update', { nextPreKeyId: 9 })
    socket.ev.emit('creds.update', { me: { id: '1:1@s.whatsapp.net', name: 'New name' } })
    expect(updates).toEqual([
      ['Shop', 9],
      ['New name', undefined],
    ])
    expect(socket.authState.creds).toMatchObject({ nextPreKeyId: 9, me: { name: 'New name' } })
  })

  it('write-through-keys: a key is stored before its transaction ends, and after it too', async () => {
    writeKeysThrough(socket, store, () => undefined)
    const { keys } = socket.authState
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    let late: Promise<unknown> = Promise.resolve()
    await keys.transaction(async () => {
      expect(keys.isInTransaction()).toBe(true)
      await keys.set({ 'lid-mapping': { 222: '888' } })
      expect(stored).toEqual(['lid-mapping'])
      late = ended.then(async () => {
        expect(keys.isInTransaction()).toBe(false)
        await keys.set({ tctoken: {} })
      })
    }, 'me')
    end()
    await late
    expect(stored).toEqual(['lid-mapping', 'tctoken'])
  })

  it('write-through-keys: a transaction that does not end lets others go on, and is told when it never will', async () => {
    const troubles: string[] = []
    const { promise: isHung, resolve: onHung } = Promise.withResolvers<void>()
    const limits = { timeBoxMs: 10, hungAfterMs: 30 }
    writeKeysThrough(
      socket,
      store,
      (name, trouble) => {
        troubles.push(`${name} ${trouble}`)
        if (trouble === 'hung') onHung()
      },
      limits,
    )
    const { keys } = socket.authState
    const { promise: ended, resolve: end } = Promise.withResolvers<string>()
    const hung = keys.transaction(() => ended, 'me')
    let isFirstOver = false
    void hung.then(() => {
      isFirstOver = true
    })
    expect(await keys.transaction(async () => isFirstOver, 'me')).toBe(false)
    await isHung
    expect(troubles).toEqual(['me timeBoxed', 'me hung'])
    end('late')
    expect(await hung).toBe('late')
  })

  it('write-through-keys: transactions of one name run one after the other, and failures are theirs alone', async () => {
    writeKeysThrough(socket, store, () => undefined)
    const { keys } = socket.authState
    const order: string[] = []
    const run = (name: string) =>
      keys.transaction(async () => {
        order.push(`${name} in`)
        await new Promise((resolve) => setImmediate(resolve))
        order.push(`${name} out`)
        if (name === 'b') throw new Error('b failed')
      }, 'me')
    const results = await Promise.allSettled([run('a'), run('b'), run('c')])
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('write-through-keys: the new pre-key of a retry receipt is stored although the receipt never leaves', async () => {
    // what the library offers beside its type: sendRetryRequest of messages-recv
    const { sendRetryRequest } = socket as unknown as {
      sendRetryRequest(stanza: BinaryNode, forceIncludeKeys: boolean): Promise<void>
    }
    socket.authState.creds.account = { details: Buffer.of(1), accountSignatureKey: Buffer.alloc(32) }
    writeKeysThrough(socket, store, () => undefined)
    const stanza = { tag: 'message', attrs: { id: 'A1', from: '888@lid', t: '1' } }
    await expect(sendRetryRequest(stanza, true)).rejects.toThrow('Connection Closed')
    expect(stored).toContain('pre-key')
  })

  describe('bounded-retries', () => {
    const caches = () => ({ messages: new BoundedCache(100, 60_000), senders: new BoundedCache(100, 60_000) })

    /** @returns how many of the stanzas it would have asked for again, had there been a server */
    const askAgain = async (on: WASocket, stanzas: readonly BinaryNode[]): Promise<number> => {
      const { sendRetryRequest } = on as unknown as { sendRetryRequest(stanza: BinaryNode): Promise<void> }
      on.authState.creds.account = { details: Buffer.of(1), accountSignatureKey: Buffer.alloc(32) }
      let asked = 0
      for (const stanza of stanzas) {
        on.ws.emit('CB:message', stanza)
        await sendRetryRequest(stanza).catch(() => asked++)
      }
      return asked
    }
    const copies = (id: string, from: string, count: number): BinaryNode[] =>
      Array.from({ length: count }, () => ({ tag: 'message', attrs: { id, from, t: '1' } }))

    it('a message is asked for again five times, on whatever connection and however often it comes', async () => {
      const shared = caches()
      boundRetries(socket, shared)
      expect(await askAgain(socket, copies('A1', '888@lid', 12))).toBe(5)
      const next = await openUnconnectedSocket(store)
      boundRetries(next.socket, shared)
      expect(await askAgain(next.socket, copies('A1', '888:7@lid', 12))).toBe(0)
      expect(await askAgain(next.socket, copies('A2', '888@lid', 3))).toBe(3)
      await next.close()
    })

    it('a sender of garbage is asked two hundred times, others are still asked', async () => {
      boundRetries(socket, caches())
      const garbage = Array.from({ length: 230 }, (_, n) => copies(`G${n}`, '888@lid', 1)[0] as BinaryNode)
      expect(await askAgain(socket, garbage)).toBe(200)
      expect(await askAgain(socket, copies('B1', '999@lid', 1))).toBe(1)
    })
  })

  it('aborted-pairing-code: credentials of a code that nobody entered register anew, those of a device log in', () => {
    const fresh = initAuthCreds()
    const requested = { ...fresh, me: { id: '1@s.whatsapp.net', name: '~' }, pairingCode: 'ABCD1234' }
    const linked = { ...requested, account: { details: Buffer.of(1) } }
    expect([fresh, requested, linked].map(isAbortedPairing)).toEqual([false, true, false])
    forgetPairingCode(requested)
    forgetPairingCode(linked)
    expect([requested.me, requested.pairingCode]).toEqual([undefined, undefined])
    expect(linked.me).toBeDefined()
  })

  it('absent-number: nobody has it only when WhatsApp says so; silence is an error', async () => {
    const answer = (result: unknown) =>
      findUserOfNumber({ executeUSyncQuery: async () => result } as unknown as WASocket, '5511988887777')
    const user = { id: '5511988887777@s.whatsapp.net', contact: true, lid: '888@lid' }
    expect(await answer({ list: [user], sideList: [] })).toEqual(user)
    expect(await answer({ list: [{ ...user, contact: false }], sideList: [] })).toBeNull()
    await expect(answer(undefined)).rejects.toMatchObject({ code: 'timed_out' })
  })

  it('recipient-devices: a device list that was not answered sends nothing', async () => {
    const caches = { devices: new BoundedCache(10, 1_000), queries: new QueryBudget() }
    const withDevices = (...devices: unknown[]) =>
      requireRecipientDevices(
        { authState: socket.authState, getUSyncDevices: async () => devices } as unknown as WASocket,
        caches,
        '888@lid',
      )
    await withDevices({ user: '1', device: 1 }, { user: '888', device: 0 })
    // the library's answer to a time-out: our own phone, or nobody
    await expect(withDevices({ user: '1', device: 0 })).rejects.toMatchObject({ code: 'no_recipient_devices' })
    await expect(withDevices()).rejects.toMatchObject({ code: 'no_recipient_devices' })
  })

  it('end-flush: buffered events come out before the socket is gone', async () => {
    flushEventsAtEnd(socket)
    const chats: unknown[] = []
    socket.ev.on('chats.update', (update) => chats.push(...update))
    socket.ev.buffer()
    socket.ev.emit('chats.update', [{ id: '888@lid', unreadCount: 1 }])
    await socket.end(undefined)
    expect(chats).toHaveLength(1)
  })

  it('captured-rejections: what the library does not await ends this connection, not the process', async () => {
    const end = closed()
    socket.ws.on('CB:odd', async () => {
      throw new Error('odd')
    })
    socket.ws.emit('CB:odd')
    expect(await end).toMatchObject({ message: 'Unexpected error', output: { statusCode: 500 } })
    expect(rejections).toMatchObject([{ message: 'odd' }])
  })

  it('captured-rejections: an answer to a closed socket is expected', async () => {
    // the library answers a preview of offline messages, and the socket is not open
    socket.ws.emit('CB:ib,,offline_preview', { tag: 'ib', attrs: {} })
    await new Promise((resolve) => setImmediate(resolve))
    expect(rejections).toEqual([])
    expect(socket.ws.isConnecting).toBe(true)
  })

  it('pending-queries: whoever waits for an answer hears of the close at once', async () => {
    const handlers: (() => unknown)[] = []
    rejectQueriesAtEnd({
      ws: socket.ws,
      registerSocketEndHandler: (handler) => handlers.push(() => handler(undefined)),
    })
    const waiting = socket.waitForMessage('never').catch((error: Error) => error.message)
    for (const handle of handlers) handle()
    expect(await waiting).toContain('Connection Closed')
  })

  it('login-watchdog: a server that says nothing is given up', async () => {
    const end = closed()
    watchLogin(socket, 20)
    expect(await end).toMatchObject({ message: 'Login timed out', output: { statusCode: 408 } })
  })

  it('companion-reg-refresh: the present QR is shown again with the new secret, later ones carry it too', async () => {
    const shown: { text: string; attempt: number; expiresAt: number }[] = []
    const saved: (string | undefined)[] = []
    const first = publishQr(
      socket,
      (qr) => shown.push(qr),
      () => 1_000,
    )
    socket.ev.on('creds.update', ({ advSecretKey }) => saved.push(advSecretKey))
    const old = socket.authState.creds.advSecretKey
    const qr = (ref: string) => `https://wa.me/settings/linked_devices#${ref},noise,identity,${old},1`
    socket.ev.emit('connection.update', { qr: qr('ref1') })
    socket.ws.emit('CB:notification,type:companion_reg_refresh', { tag: 'notification', attrs: {} })
    socket.ev.emit('connection.update', { qr: qr('ref2') })
    const fresh = socket.authState.creds.advSecretKey
    expect(fresh).not.toBe(old)
    expect(saved).toEqual([fresh])
    expect(shown.map(({ text }) => text)).toEqual([
      qr('ref1'),
      qr('ref1').replace(old, fresh),
      qr('ref2').replace(old, fresh),
    ])
    expect(shown.map(({ attempt }) => attempt)).toEqual([1, 1, 2])
    expect(shown.map(({ expiresAt }) => expiresAt)).toEqual([61_000, 61_000, 21_000])
    expect(await first).toBe(1_000)
  })

  it('half-open-close: a close that the peer does not answer ends by itself', async () => {
    const { promise: terminated, resolve } = Promise.withResolvers<void>()
    const raw = { close: () => undefined, terminate: () => resolve(), once: () => undefined }
    terminateHalfOpen(raw, 10)
    raw.close()
    await terminated
  })
})
