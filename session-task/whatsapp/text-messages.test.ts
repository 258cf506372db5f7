import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { inboundRecordOf, textOf } from './testing/fake-session.ts'
import { connect, eventually, holdable, takeOver } from './testing/open-test-session.ts'
import { CONTACT, NOBODY, startTestPhones, type TestPhones, textsOf } from './testing/test-phones.ts'

let phones: TestPhones

beforeAll(async () => {
  phones = await startTestPhones()
})
afterEach(() => phones.expectNoViolations())
afterAll(() => phones.stop())

describe('messages', () => {
  it('sends text that the contact decrypts, and hears ack and receipts', async () => {
    const { log, phone } = await phones.link()
    const session = await phones.openLinked(log)
    await phones.sendText(session, 'Olá, tudo bem? 👋', '3EB0SEND01')
    await eventually(async () =>
      (await phones.simulator.inbox(CONTACT)).find(({ text }) => text === 'Olá, tudo bem? 👋'),
    )
    expect(await session.next('onServerAck')).toMatchObject({ whatsappId: '3EB0SEND01', error: null })
    expect(await session.next('onReceipt')).toMatchObject({ whatsappIds: ['3EB0SEND01'], kind: 'delivered' })
    const frame = (await phones.simulator.wire(phone)).find(
      ({ tag, attrs }) => tag === 'message' && attrs.id === '3EB0SEND01',
    )
    expect(frame?.attrs).toMatchObject({
      to: expect.stringMatching(/@lid$/),
      peer_recipient_pn: `${CONTACT}@s.whatsapp.net`,
    })
    await session.connection.close()
  })

  it('lets no message out before its ratchet is durable', async () => {
    const linked = await phones.link()
    const { phone } = linked
    const held = holdable(linked.log)
    const session = await phones.openLinked(held.log)
    const { jid } = await session.connection.resolve(`+${CONTACT}`)
    const relay = (whatsappId: string) =>
      session.connection.relay({ jid, whatsappId, proto: session.connection.encodeText({ body: whatsappId }) })
    await relay('3EB0WARMUP')
    await session.next('onServerAck')
    held.hold()
    await relay('3EB0HELD01')
    await linked.log.durable(linked.log.lastLsn)
    const sent = async () =>
      (await phones.simulator.wire(phone)).filter(({ tag }) => tag === 'message').map(({ attrs }) => attrs.id)
    expect(await sent()).not.toContain('3EB0HELD01')
    held.release()
    expect(await session.next('onServerAck', 2)).toMatchObject({ whatsappId: '3EB0HELD01' })
    await session.connection.close()
  })

  it('knows who is on WhatsApp', async () => {
    const { log } = await phones.link()
    const { connection } = await phones.openLinked(log)
    const present = await connection.resolve(`+${CONTACT}`)
    expect(present).toMatchObject({ exists: true, phoneJid: `${CONTACT}@s.whatsapp.net` })
    expect(present.jid).toBe(present.lid)
    expect(await connection.resolve(`+${NOBODY}`)).toMatchObject({ exists: false })
    await expect(connection.resolve('911')).rejects.toMatchObject({ code: 'invalid_phone' })
    await connection.close()
  })

  it('sends nothing when no device of the recipient is known', async () => {
    const { log, phone } = await phones.link()
    const { connection } = await phones.openLinked(log)
    const frame = {
      jid: `${NOBODY}@s.whatsapp.net`,
      whatsappId: '3EB0NOBODY',
      proto: connection.encodeText({ body: 'x' }),
    }
    await expect(connection.relay(frame)).rejects.toMatchObject({ code: 'no_recipient_devices' })
    await connection.close()
    const sent = (await phones.simulator.wire(phone)).filter(
      ({ direction, tag }) => direction === 'in' && tag === 'message',
    )
    expect(sent).toEqual([])
  })

  it('receives text once, and the record is durable before the receipt is on the wire', async () => {
    const linked = await phones.link()
    const { phone } = linked
    const held = holdable(linked.log)
    const session = await phones.openLinked(held.log)
    held.hold()
    const id = await phones.simulator.contactSends(CONTACT, phone, 'hold the receipt')
    await eventually(() => textsOf(session).includes('hold the receipt'))
    await linked.log.durable(linked.log.lastLsn)
    // durable for the next owner, but this gate never opens: the receipt must not be out
    expect(await phones.receiptsFor(phone, id)).toEqual([])

    const next = await takeOver(linked)
    const successor = await phones.openLinked(next.log)
    await eventually(async () => (await phones.receiptsFor(phone, id)).length > 0)
    expect(textsOf(successor)).toEqual([])
    expect(next.log.state.undone()).toMatchObject([
      { sequence: 1, event: { content: { text: { body: 'hold the receipt' } } } },
    ])
    await successor.connection.close()
  })

  it('neither acks nor refuses what the session cannot journal, so that it comes again', async () => {
    const { log, phone } = await phones.link()
    const failing = connect(log, phones.simulator.socketUrl, {}, (_log, stanza) => {
      if (textOf(stanza) === null) return inboundRecordOf(log, stanza)
      throw new Error('the session is full')
    })
    await failing.next('onOpen')
    const id = await phones.simulator.contactSends(CONTACT, phone, 'come again')
    expect(await failing.next('onClose')).toMatchObject({ code: 500, message: 'Inbound stanza not journaled' })
    const answers = (await phones.simulator.wire(phone)).filter(
      ({ direction, attrs }) => direction === 'in' && attrs.id === id,
    )
    expect(answers).toEqual([])
    const session = await phones.openLinked(log)
    await eventually(() => textsOf(session).includes('come again'))
    await session.connection.close()
  })

  it('tells of a message that cannot be decrypted, and gives the same message its content when that comes', async () => {
    const { log, phone } = await phones.link()
    const session = connect(log, phones.simulator.socketUrl, { undecryptableAfterMs: 1 })
    await session.next('onOpen')
    await phones.simulator.contactSends(CONTACT, phone, 'readable', 'lid')
    await phones.sendText(session, 'an answer makes the next one no pkmsg', '3EB0ANSWER')
    await eventually(() => textsOf(session).includes('readable'))
    await session.next('onServerAck')
    await phones.forgetRatchet(log, session)
    const id = await phones.simulator.contactSends(CONTACT, phone, 'unreadable at first', 'lid')
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
    const linked = await phones.link()
    const first = await phones.openLinked(linked.log)
    const held = await eventually(() => linked.log.state.unfinished().find(({ event }) => event === null))
    const id = first.seen('onDecrypted').find(({ ciphertextHash }) => ciphertextHash === held.ciphertextHash)
      ?.attributes.id
    const answers = async () =>
      (await phones.receiptsFor(linked.phone, id ?? '')).filter(({ attrs }) => attrs.type === 'peer_msg').length
    await eventually(async () => (await answers()) === 1)
    await linked.log.durable(linked.log.lastLsn)
    const next = await takeOver(linked)
    const second = await phones.openLinked(next.log)
    await eventually(async () => (await answers()) === 2)
    expect(second.seen('onDecrypted')).toEqual([])
    await second.connection.close()
    await first.connection.close()
  })

  it('receives what arrived while it was away, in order and once', async () => {
    const linked = await phones.link()
    await (await phones.openLinked(linked.log)).connection.close()
    const bodies = Array.from({ length: 20 }, (_, index) => `offline ${index}`)
    for (const body of bodies) await phones.simulator.contactSends(CONTACT, linked.phone, body)
    await linked.log.durable(linked.log.lastLsn)
    const { log } = await takeOver(linked)
    const session = await phones.openLinked(log)
    await eventually(() => textsOf(session).length >= bodies.length)
    expect(textsOf(session)).toEqual(bodies)
    await session.connection.close()
  })

  it('receives from a contact under its phone number and its LID in turns, and answers in between', async () => {
    const { log, phone } = await phones.link()
    const session = await phones.openLinked(log)
    const bodies: string[] = []
    for (const [turn, addressing] of (['pn', 'lid', 'pn', 'lid', 'lid', 'pn'] as const).entries()) {
      const body = `turn ${turn} by ${addressing}`
      bodies.push(body)
      await phones.simulator.contactSends(CONTACT, phone, body, addressing)
      await phones.sendText(session, `answer ${turn} of ${phone}`, `3EB0TURN${turn}`)
    }
    await eventually(() => textsOf(session).length >= bodies.length)
    expect(textsOf(session)).toEqual(bodies)
    const answers = async () =>
      (await phones.simulator.inbox(CONTACT)).filter(({ text }) => text?.endsWith(`of ${phone}`))
    await eventually(async () => (await answers()).length === bodies.length)
    await session.connection.close()
  })

  it('goes on in both directions after a restart from the log', async () => {
    const linked = await phones.link()
    const first = await phones.openLinked(linked.log)
    await phones.sendText(first, 'before', '3EB0BEFORE')
    await phones.simulator.contactSends(CONTACT, linked.phone, 'answer before')
    await eventually(() => textsOf(first).includes('answer before'))
    await first.connection.close()
    await linked.log.durable(linked.log.lastLsn)
    const { log } = await takeOver(linked)
    const second = await phones.openLinked(log)
    await phones.sendText(second, 'after', '3EB0AFTER1')
    await phones.simulator.contactSends(CONTACT, linked.phone, 'answer after')
    await eventually(() => textsOf(second).includes('answer after'))
    await eventually(async () =>
      (await phones.simulator.inbox(CONTACT)).find(({ whatsappId }) => whatsappId === '3EB0AFTER1'),
    )
    await second.connection.close()
  })

  it('hands on a refusal of a message with its code', async () => {
    const { log, phone } = await phones.link()
    const session = await phones.openLinked(log)
    await phones.simulator.fault({ kind: 'nack', phone, code: 463 })
    await phones.sendText(session, 'refused', '3EB0REFUSED')
    expect(await session.next('onServerAck')).toMatchObject({ whatsappId: '3EB0REFUSED', error: 463 })
    await session.connection.close()
  })

  it('never takes silence for "not on WhatsApp"', async () => {
    const { log, phone } = await phones.link()
    const session = await phones.openLinked(log)
    await phones.simulator.fault({ kind: 'swallowQueries', phone, xmlns: 'usync' })
    const [resolved] = await Promise.allSettled([
      session.connection.resolve(`+${CONTACT}`),
      phones.simulator.fault({ kind: 'drop', phone, mode: 'reset' }),
    ])
    expect(resolved).toMatchObject({ status: 'rejected', reason: { code: 'connection_closed' } })
  })

  it('hears that a message was read', async () => {
    const { log } = await phones.link()
    const session = await phones.openLinked(log)
    await phones.sendText(session, 'read me', '3EB0READ01')
    await eventually(async () =>
      (await phones.simulator.inbox(CONTACT)).find(({ whatsappId }) => whatsappId === '3EB0READ01'),
    )
    await phones.simulator.contactReads(CONTACT, '3EB0READ01')
    await eventually(() => session.seen('onReceipt').some(({ kind }) => kind === 'read'))
    await session.connection.close()
  })

  it('issues a privacy token once per contact, not once per message', async () => {
    const { log, phone } = await phones.link()
    const session = await phones.openLinked(log)
    const issued = async () =>
      (await phones.simulator.wire(phone)).filter(
        ({ direction, tag, attrs }) =>
          direction === 'in' && tag === 'iq' && attrs.xmlns === 'privacy' && attrs.type === 'set',
      )
    await phones.sendText(session, 'first', '3EB0TOKEN0')
    await eventually(() => log.state.key('tctoken', '__index'))
    for (let message = 1; message <= 3; message++)
      await phones.sendText(session, `message ${message}`, `3EB0TOKEN${message}`)
    await session.next('onServerAck', 4)
    await session.connection.close()
    expect(await issued()).toHaveLength(1)
  })
})
