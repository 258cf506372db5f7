import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openMemoryLog } from '../auth-log/testing/open-memory-log.ts'
import { isLinked, loadCredentials } from './credentials.ts'
import { WhatsAppError } from './errors.ts'
import { inboundRecordOf, textOf } from './testing/fake-session.ts'
import { connect, eventually, holdable, type TestLog, takeOver } from './testing/open-test-session.ts'
import { type Simulator, startSimulator } from './testing/simulator-process.ts'
import { setTrustRoot } from './trust-root.ts'

let simulator: Simulator
let phones = 0
const CONTACT = '5511988887777'
const NOBODY = '5511955550000'

beforeAll(async () => {
  simulator = await startSimulator()
  setTrustRoot(simulator.trustRootHex)
  await simulator.addContact(CONTACT, { name: 'Ana' })
  await simulator.addContact(NOBODY, { onWhatsApp: false })
})
afterEach(async () => {
  // a test logs in on purpose with a device that was removed; everything else a real server would have refused
  expect((await simulator.violations()).filter(({ kind }) => kind !== 'unknown_device')).toEqual([])
})
afterAll(async () => {
  setTrustRoot(null)
  await simulator.stop()
})

const newPhone = async (): Promise<string> => {
  phones += 1
  const phone = `55119000000${String(phones).padStart(2, '0')}`
  await simulator.addPhone(phone, 'Shop')
  return phone
}

/** Links a new phone by QR and waits for the 515 that follows. */
const link = async (): Promise<TestLog & { phone: string }> => {
  const phone = await newPhone()
  const opened = await openMemoryLog()
  const linking = connect(opened.log, simulator.socketUrl, { link: { method: 'qr' } })
  await simulator.scan(phone, (await linking.next('onQr')).text)
  expect((await linking.next('onClose')).code).toBe(515)
  expect(linking.seen('onPaired')).toMatchObject([{ phone: `+${phone}` }])
  return { ...opened, phone }
}

const openLinked = async (log: TestLog['log']) => {
  const session = connect(log, simulator.socketUrl)
  await session.next('onOpen')
  return session
}

/** Bodies of the texts that were decrypted; the phone's own protocol messages come along with them. */
const textsOf = (session: Awaited<ReturnType<typeof openLinked>>): string[] =>
  session
    .seen('onDecrypted')
    .map(textOf)
    .filter((text) => text !== null)

const sendText = async (session: Awaited<ReturnType<typeof openLinked>>, body: string, whatsappId: string) => {
  const { connection } = session
  const { jid } = await connection.resolve(`+${CONTACT}`)
  await connection.relay({ jid, whatsappId, proto: connection.encodeText({ body }) })
}

/** As if the state of the contact's session had been lost: what it sends next cannot be decrypted. */
const forgetRatchet = async (log: TestLog['log'], session: Awaited<ReturnType<typeof openLinked>>): Promise<void> => {
  const { lid } = await session.connection.resolve(`+${CONTACT}`)
  const user = lid?.split('@')[0]
  log.append([{ t: 'keys', set: { session: { [`${user}_1.0`]: null } } }])
}

const receiptsFor = async (phone: string, whatsappId: string) =>
  (await simulator.wire(phone)).filter(({ tag, attrs }) => tag === 'receipt' && attrs.id === whatsappId)

describe('linking', () => {
  it('links by QR, and opens again over the same log after the 515', async () => {
    const { log, phone } = await link()
    const session = await openLinked(log)
    expect(session.connection.isOpen).toBe(true)
    expect(session.seen('onOpen')).toMatchObject([{ phone: `+${phone}`, lid: expect.stringMatching(/^\d+@lid$/) }])
    await session.connection.close()
    expect(session.connection.isOpen).toBe(false)
    expect(session.seen('onClose')).toEqual([{ code: 0, message: 'Closed' }])
  })

  it('shows a QR with its deadline, with credentials that are durable', async () => {
    const { log } = await openMemoryLog()
    const session = connect(log, simulator.socketUrl, { link: { method: 'qr' } })
    const { attempt, expiresAt, text } = await session.next('onQr')
    expect(attempt).toBe(1)
    expect(Math.abs(expiresAt - Date.now() - 60_000)).toBeLessThan(2_000)
    expect(log.durableLsn).toBeGreaterThan(0)
    expect(text).toContain(loadCredentials(log).advSecretKey)
    await session.connection.close()
  })

  it('links by pairing code', async () => {
    const phone = await newPhone()
    const { log } = await openMemoryLog()
    const session = connect(log, simulator.socketUrl, { link: { method: 'code', phone: `+${phone}` } })
    const { code, expiresAt } = await session.next('onPairingCode')
    expect(code).toMatch(/^[0-9A-Z]{8}$/)
    expect(expiresAt).toBeGreaterThan(Date.now())
    expect(session.seen('onQr')).toEqual([])
    await simulator.enterCode(phone, code)
    expect((await session.next('onClose')).code).toBe(515)
    await (await openLinked(log)).connection.close()
  })

  it('throws the credentials of an aborted pairing code away', async () => {
    const phone = await newPhone()
    const { log } = await openMemoryLog()
    const session = connect(log, simulator.socketUrl, { link: { method: 'code', phone: `+${phone}` } })
    await session.next('onPairingCode')
    await session.connection.close()
    const again = connect(log, simulator.socketUrl, { link: { method: 'qr' } })
    await simulator.scan(phone, (await again.next('onQr')).text)
    expect((await again.next('onClose')).code).toBe(515)
    expect(isLinked(loadCredentials(log))).toBe(true)
  })

  it('says what is missing instead of registering when it should only log in', async () => {
    const { log } = await openMemoryLog()
    expect(() => connect(log, simulator.socketUrl)).toThrow(WhatsAppError)
  })

  it('refuses a server whose certificate is not signed by the trust root', async () => {
    setTrustRoot('01'.repeat(32))
    try {
      const { log } = await openMemoryLog()
      const session = connect(log, simulator.socketUrl, { link: { method: 'qr' } })
      expect(await session.next('onClose')).toMatchObject({
        code: 400,
        message: expect.stringContaining('certificate'),
      })
    } finally {
      setTrustRoot(simulator.trustRootHex)
    }
  })
})

describe('linking through a server that is not what it should be', () => {
  it('refuses a forged certificate', async () => {
    await simulator.fault({ kind: 'forgedCertificate' })
    const { log } = await openMemoryLog()
    const session = connect(log, simulator.socketUrl, { link: { method: 'qr' } })
    expect(await session.next('onClose')).toMatchObject({ code: 400 })
    expect(session.seen('onQr')).toEqual([])
  })

  it('refuses a forged account signature', async () => {
    const phone = await newPhone()
    await simulator.fault({ kind: 'forgedAccountSignature', phone })
    const { log } = await openMemoryLog()
    const session = connect(log, simulator.socketUrl, { link: { method: 'qr' } })
    const { text } = await session.next('onQr')
    // the phone's side of the scan may fail too, once the client hangs up
    await Promise.allSettled([simulator.scan(phone, text), session.next('onClose')])
    expect(session.seen('onPaired')).toEqual([])
    expect(isLinked(loadCredentials(log))).toBe(false)
  })

  it('shows the QR again with a new secret when the server asks for one, and links by it', async () => {
    const phone = await newPhone()
    await simulator.settings({ companionRegRefresh: true })
    try {
      const { log } = await openMemoryLog()
      const session = connect(log, simulator.socketUrl, { link: { method: 'qr' } })
      const first = await session.next('onQr')
      await expect(simulator.scan(phone, first.text)).rejects.toThrow('rescan_required')
      const second = await session.next('onQr', 2)
      expect(second).toEqual({ ...first, text: expect.not.stringContaining(first.text) })
      await simulator.scan(phone, second.text)
      expect((await session.next('onClose')).code).toBe(515)
    } finally {
      await simulator.settings({ companionRegRefresh: false })
    }
  })

  it('gives up a server that never says success', async () => {
    const { log, phone } = await link()
    await simulator.fault({ kind: 'neverSuccess', phone })
    const session = connect(log, simulator.socketUrl, { loginTimeoutMs: 300 })
    expect(await session.next('onClose')).toEqual({ code: 408, message: 'Login timed out' })
    expect(session.seen('onOpen')).toEqual([])
  })
})

describe('messages', () => {
  it('sends text that the contact decrypts, and hears ack and receipts', async () => {
    const { log, phone } = await link()
    const session = await openLinked(log)
    await sendText(session, 'Olá, tudo bem? 👋', '3EB0SEND01')
    await eventually(async () => (await simulator.inbox(CONTACT)).find(({ text }) => text === 'Olá, tudo bem? 👋'))
    expect(await session.next('onServerAck')).toMatchObject({ whatsappId: '3EB0SEND01', error: null })
    expect(await session.next('onReceipt')).toMatchObject({ whatsappIds: ['3EB0SEND01'], kind: 'delivered' })
    const frame = (await simulator.wire(phone)).find(({ tag, attrs }) => tag === 'message' && attrs.id === '3EB0SEND01')
    expect(frame?.attrs).toMatchObject({
      to: expect.stringMatching(/@lid$/),
      peer_recipient_pn: `${CONTACT}@s.whatsapp.net`,
    })
    await session.connection.close()
  })

  it('lets no message out before its ratchet is durable', async () => {
    const linked = await link()
    const { phone } = linked
    const held = holdable(linked.log)
    const session = await openLinked(held.log)
    const { jid } = await session.connection.resolve(`+${CONTACT}`)
    const relay = (whatsappId: string) =>
      session.connection.relay({ jid, whatsappId, proto: session.connection.encodeText({ body: whatsappId }) })
    await relay('3EB0WARMUP')
    await session.next('onServerAck')
    held.hold()
    await relay('3EB0HELD01')
    await linked.log.durable(linked.log.lastLsn)
    const sent = async () =>
      (await simulator.wire(phone)).filter(({ tag }) => tag === 'message').map(({ attrs }) => attrs.id)
    expect(await sent()).not.toContain('3EB0HELD01')
    held.release()
    expect(await session.next('onServerAck', 2)).toMatchObject({ whatsappId: '3EB0HELD01' })
    await session.connection.close()
  })

  it('knows who is on WhatsApp', async () => {
    const { log } = await link()
    const { connection } = await openLinked(log)
    const present = await connection.resolve(`+${CONTACT}`)
    expect(present).toMatchObject({ exists: true, phoneJid: `${CONTACT}@s.whatsapp.net` })
    expect(present.jid).toBe(present.lid)
    expect(await connection.resolve(`+${NOBODY}`)).toMatchObject({ exists: false })
    await expect(connection.resolve('911')).rejects.toMatchObject({ code: 'invalid_phone' })
    await connection.close()
  })

  it('sends nothing when no device of the recipient is known', async () => {
    const { log, phone } = await link()
    const { connection } = await openLinked(log)
    const frame = {
      jid: `${NOBODY}@s.whatsapp.net`,
      whatsappId: '3EB0NOBODY',
      proto: connection.encodeText({ body: 'x' }),
    }
    await expect(connection.relay(frame)).rejects.toMatchObject({ code: 'no_recipient_devices' })
    await connection.close()
    const sent = (await simulator.wire(phone)).filter(({ direction, tag }) => direction === 'in' && tag === 'message')
    expect(sent).toEqual([])
  })

  it('receives text once, and the record is durable before the receipt is on the wire', async () => {
    const linked = await link()
    const { phone } = linked
    const held = holdable(linked.log)
    const session = await openLinked(held.log)
    held.hold()
    const id = await simulator.contactSends(CONTACT, phone, 'hold the receipt')
    await eventually(() => textsOf(session).includes('hold the receipt'))
    await linked.log.durable(linked.log.lastLsn)
    // durable for the next owner, but this gate never opens: the receipt must not be out
    expect(await receiptsFor(phone, id)).toEqual([])

    const next = await takeOver(linked)
    const successor = await openLinked(next.log)
    await eventually(async () => (await receiptsFor(phone, id)).length > 0)
    expect(textsOf(successor)).toEqual([])
    expect(next.log.state.undone()).toMatchObject([
      { sequence: 1, event: { content: { text: { body: 'hold the receipt' } } } },
    ])
    await successor.connection.close()
  })

  it('neither acks nor refuses what the session cannot journal, so that it comes again', async () => {
    const { log, phone } = await link()
    const failing = connect(log, simulator.socketUrl, {}, (_log, stanza) => {
      if (textOf(stanza) === null) return inboundRecordOf(log, stanza)
      throw new Error('the session is full')
    })
    await failing.next('onOpen')
    const id = await simulator.contactSends(CONTACT, phone, 'come again')
    expect(await failing.next('onClose')).toMatchObject({ code: 500, message: 'Inbound stanza not journaled' })
    const answers = (await simulator.wire(phone)).filter(
      ({ direction, attrs }) => direction === 'in' && attrs.id === id,
    )
    expect(answers).toEqual([])
    const session = await openLinked(log)
    await eventually(() => textsOf(session).includes('come again'))
    await session.connection.close()
  })

  it('tells of a message that cannot be decrypted, and gives the same message its content when that comes', async () => {
    const { log, phone } = await link()
    const session = connect(log, simulator.socketUrl, { undecryptableAfterMs: 1 })
    await session.next('onOpen')
    await simulator.contactSends(CONTACT, phone, 'readable', 'lid')
    await sendText(session, 'an answer makes the next one no pkmsg', '3EB0ANSWER')
    await eventually(() => textsOf(session).includes('readable'))
    await session.next('onServerAck')
    await forgetRatchet(log, session)
    const id = await simulator.contactSends(CONTACT, phone, 'unreadable at first', 'lid')
    const waiting = await session.next('onUndecryptable')
    expect(waiting).toMatchObject({ messageId: null, attributes: { id }, reason: 'no_session' })
    await eventually(() => textsOf(session).includes('unreadable at first'))
    const events = log.state.undone().flatMap((record) => (record.t === 'in' && record.event ? [record.event] : []))
    const [shown, content] = events.filter(({ whatsappId }) => whatsappId === id)
    expect([shown?.type, content?.type]).toEqual(['message.undecryptable', 'message.received'])
    expect(content?.messageId).toBe(shown?.messageId)
    expect(log.state.undecrypted()).toEqual([])
    await session.connection.close()
  })

  it('gives the library again what a crash left unfinished after its receipt', async () => {
    const linked = await link()
    const first = await openLinked(linked.log)
    const held = await eventually(() => linked.log.state.unfinished().find(({ event }) => event === null))
    const id = first.seen('onDecrypted').find(({ ciphertextHash }) => ciphertextHash === held.ciphertextHash)
      ?.attributes.id
    const answers = async () =>
      (await receiptsFor(linked.phone, id ?? '')).filter(({ attrs }) => attrs.type === 'peer_msg').length
    await eventually(async () => (await answers()) === 1)
    await linked.log.durable(linked.log.lastLsn)
    const next = await takeOver(linked)
    const second = await openLinked(next.log)
    await eventually(async () => (await answers()) === 2)
    expect(second.seen('onDecrypted')).toEqual([])
    await second.connection.close()
    await first.connection.close()
  })

  it('receives what arrived while it was away, in order and once', async () => {
    const linked = await link()
    await (await openLinked(linked.log)).connection.close()
    const bodies = Array.from({ length: 20 }, (_, index) => `offline ${index}`)
    for (const body of bodies) await simulator.contactSends(CONTACT, linked.phone, body)
    await linked.log.durable(linked.log.lastLsn)
    const { log } = await takeOver(linked)
    const session = await openLinked(log)
    await eventually(() => textsOf(session).length >= bodies.length)
    expect(textsOf(session)).toEqual(bodies)
    await session.connection.close()
  })

  it('receives from a contact under its phone number and its LID in turns, and answers in between', async () => {
    const { log, phone } = await link()
    const session = await openLinked(log)
    const bodies: string[] = []
    for (const [turn, addressing] of (['pn', 'lid', 'pn', 'lid', 'lid', 'pn'] as const).entries()) {
      const body = `turn ${turn} by ${addressing}`
      bodies.push(body)
      await simulator.contactSends(CONTACT, phone, body, addressing)
      await sendText(session, `answer ${turn} of ${phone}`, `3EB0TURN${turn}`)
    }
    await eventually(() => textsOf(session).length >= bodies.length)
    expect(textsOf(session)).toEqual(bodies)
    const answers = async () => (await simulator.inbox(CONTACT)).filter(({ text }) => text?.endsWith(`of ${phone}`))
    await eventually(async () => (await answers()).length === bodies.length)
    await session.connection.close()
  })

  it('goes on in both directions after a restart from the log', async () => {
    const linked = await link()
    const first = await openLinked(linked.log)
    await sendText(first, 'before', '3EB0BEFORE')
    await simulator.contactSends(CONTACT, linked.phone, 'answer before')
    await eventually(() => textsOf(first).includes('answer before'))
    await first.connection.close()
    await linked.log.durable(linked.log.lastLsn)
    const { log } = await takeOver(linked)
    const second = await openLinked(log)
    await sendText(second, 'after', '3EB0AFTER1')
    await simulator.contactSends(CONTACT, linked.phone, 'answer after')
    await eventually(() => textsOf(second).includes('answer after'))
    await eventually(async () => (await simulator.inbox(CONTACT)).find(({ whatsappId }) => whatsappId === '3EB0AFTER1'))
    await second.connection.close()
  })
})

describe('the end of a connection', () => {
  it('says so when there is no server', async () => {
    const { log } = await openMemoryLog()
    const session = connect(log, 'ws://127.0.0.1:9/', { link: { method: 'qr' } })
    expect(await session.next('onClose')).toMatchObject({ code: 408 })
    await expect(session.connection.resolve(`+${CONTACT}`)).rejects.toMatchObject({ code: 'connection_closed' })
    await session.connection.close()
    expect(session.seen('onClose')).toHaveLength(1)
  })

  it('closes without another frame when the log is taken over', async () => {
    const linked = await link()
    const { phone } = linked
    const session = await openLinked(linked.log)
    await takeOver(linked)
    const before = (await simulator.wire(phone)).filter(({ direction }) => direction === 'in').length
    await expect(sendText(session, 'zombie', '3EB0ZOMBIE')).rejects.toThrow()
    await session.next('onClose')
    const after = (await simulator.wire(phone)).filter(({ direction, tag }) => direction === 'in' && tag === 'message')
    expect(after).toEqual([])
    expect(before).toBeGreaterThan(0)
  })

  it('logs out at the server', async () => {
    const { log } = await link()
    const session = await openLinked(log)
    await session.connection.logout()
    expect(session.seen('onClose')).toEqual([{ code: 401, message: 'Intentional Logout' }])
    const again = connect(log, simulator.socketUrl)
    expect((await again.next('onClose')).code).toBe(401)
  })
})

describe('what the server may say at any time', () => {
  it.each([401, 403, 440, 500, 503, 515])('reports stream error %i', async (code) => {
    const { log, phone } = await link()
    const session = await openLinked(log)
    await simulator.fault({ kind: 'streamError', phone, code })
    expect(await session.next('onClose')).toMatchObject({ code })
    expect(session.connection.isOpen).toBe(false)
  })

  it.each([401, 403, 405, 503])('reports login failure %i', async (code) => {
    const { log, phone } = await link()
    await simulator.fault({ kind: 'failure', phone, code })
    expect(await connect(log, simulator.socketUrl).next('onClose')).toMatchObject({ code })
  })

  it.each(['reset', 'close', 'xmlstreamend'])('reports a lost connection (%s) as 428', async (mode) => {
    const { log, phone } = await link()
    const session = await openLinked(log)
    await simulator.fault({ kind: 'drop', phone, mode })
    expect(await session.next('onClose')).toMatchObject({ code: 428 })
  })

  it('hands on a refusal of a message with its code', async () => {
    const { log, phone } = await link()
    const session = await openLinked(log)
    await simulator.fault({ kind: 'nack', phone, code: 463 })
    await sendText(session, 'refused', '3EB0REFUSED')
    expect(await session.next('onServerAck')).toMatchObject({ whatsappId: '3EB0REFUSED', error: 463 })
    await session.connection.close()
  })

  it('never takes silence for "not on WhatsApp"', async () => {
    const { log, phone } = await link()
    const session = await openLinked(log)
    await simulator.fault({ kind: 'swallowQueries', phone, xmlns: 'usync' })
    const [resolved] = await Promise.allSettled([
      session.connection.resolve(`+${CONTACT}`),
      simulator.fault({ kind: 'drop', phone, mode: 'reset' }),
    ])
    expect(resolved).toMatchObject({ status: 'rejected', reason: { code: 'connection_closed' } })
  })

  it('hears that a message was read', async () => {
    const { log } = await link()
    const session = await openLinked(log)
    await sendText(session, 'read me', '3EB0READ01')
    await eventually(async () => (await simulator.inbox(CONTACT)).find(({ whatsappId }) => whatsappId === '3EB0READ01'))
    await simulator.contactReads(CONTACT, '3EB0READ01')
    await eventually(() => session.seen('onReceipt').some(({ kind }) => kind === 'read'))
    await session.connection.close()
  })
})

describe('repairs', () => {
  it('issues a privacy token once per contact, not once per message', async () => {
    const { log, phone } = await link()
    const session = await openLinked(log)
    const issued = async () =>
      (await simulator.wire(phone)).filter(
        ({ direction, tag, attrs }) =>
          direction === 'in' && tag === 'iq' && attrs.xmlns === 'privacy' && attrs.type === 'set',
      )
    await sendText(session, 'first', '3EB0TOKEN0')
    await eventually(() => log.state.key('tctoken', '__index'))
    for (let message = 1; message <= 3; message++) await sendText(session, `message ${message}`, `3EB0TOKEN${message}`)
    await session.next('onServerAck', 4)
    await session.connection.close()
    expect(await issued()).toHaveLength(1)
  })

  it('never says online: no presence without a name or "unavailable"', async () => {
    const { log, phone } = await link()
    await (await openLinked(log)).connection.close()
    const presences = (await simulator.wire(phone)).filter(
      ({ tag, direction }) => tag === 'presence' && direction === 'in',
    )
    expect(presences.filter(({ attrs }) => attrs.type !== 'unavailable' && !attrs.name)).toEqual([])
  })
})
