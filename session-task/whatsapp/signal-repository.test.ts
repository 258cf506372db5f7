import { EventEmitter } from 'node:events'
import {
  type BinaryNode,
  Curve,
  encodeWAMessage,
  generateSignalPubKey,
  proto,
  unpadRandomMax16,
} from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import type { MemoryBucket } from '../auth-log/testing/memory-log-device.ts'
import { openMemoryLog, quietLog } from '../auth-log/testing/open-memory-log.ts'
import type { DecryptedStanza } from './connection.ts'
import { loadCredentials } from './credentials.ts'
import './repairs/console-silence.ts'
import { makeKeyStore } from './key-store.ts'
import { makeLibraryLog } from './library-log.ts'
import { makeJournaledRepository } from './signal-repository.ts'
import { rememberStanzas } from './stanza-memory.ts'
import { inboundRecordOf, textOf } from './testing/fake-session.ts'

const PEER_LID = '888@lid'
const PEER_PHONE = '222@s.whatsapp.net'
const OWN_LID = '999@lid'

/** One account at repository level: real libsignal, real log, no socket. */
const openAccount = async (options: { bucket?: MemoryBucket; epoch?: number } = {}) => {
  const { log, bucket, device } = await openMemoryLog(options)
  const creds = loadCredentials(log)
  const frames = new EventEmitter()
  const decrypted: DecryptedStanza[] = []
  const events = {
    onDecrypted: (stanza: DecryptedStanza) => {
      decrypted.push(stanza)
      return inboundRecordOf(log, stanza)
    },
  }
  const store = makeKeyStore(log, events.onDecrypted)
  const repository = makeJournaledRepository(log, events, rememberStanzas(frames))(
    { creds, keys: store },
    makeLibraryLog(quietLog),
    async () => [],
  )
  const addPreKey = (id: number) => {
    const pair = Curve.generateKeyPair()
    store.set({ 'pre-key': { [id]: pair } })
    return { keyId: id, publicKey: generateSignalPubKey(pair.public) }
  }
  const bundle = (preKeyId: number) => ({
    registrationId: creds.registrationId,
    identityKey: generateSignalPubKey(creds.signedIdentityKey.public),
    signedPreKey: {
      keyId: creds.signedPreKey.keyId,
      publicKey: generateSignalPubKey(creds.signedPreKey.keyPair.public),
      signature: creds.signedPreKey.signature,
    },
    preKey: addPreKey(preKeyId),
  })
  const announce = (attrs: BinaryNode['attrs'], type: string, ciphertext: Uint8Array) =>
    frames.emit('CB:message', {
      tag: 'message',
      attrs,
      content: [{ tag: 'enc', attrs: { v: '2', type }, content: ciphertext }],
    } satisfies BinaryNode)
  const receive = async (type: 'msg' | 'pkmsg', ciphertext: Uint8Array, id: string, jid = PEER_LID) => {
    announce({ from: jid, id, t: '1', type: 'text' }, type, ciphertext)
    const padded = await repository.decryptMessage({ jid, type, ciphertext })
    return proto.Message.decode(unpadRandomMax16(padded)).conversation
  }
  return { log, bucket, device, repository, store, decrypted, bundle, announce, receive }
}

type Account = Awaited<ReturnType<typeof openAccount>>
const text = (conversation: string) => encodeWAMessage({ conversation })

const connectPair = async () => {
  const [own, peer] = [await openAccount(), await openAccount()]
  await peer.repository.injectE2ESession({ jid: OWN_LID, session: own.bundle(1) })
  return { own, peer }
}
const encryptFor = (peer: Account, body: string) => peer.repository.encryptMessage({ jid: OWN_LID, data: text(body) })

describe('the journaled signal repository', () => {
  it('journals ratchet and plaintext in one append, before decrypt returns', async () => {
    const { own, peer } = await connectPair()
    const { type, ciphertext } = await encryptFor(peer, 'hello')
    const before = own.log.lastLsn
    expect(await own.receive(type, ciphertext, 'A1')).toBe('hello')
    expect(own.decrypted.map(textOf)).toEqual(['hello'])
    expect(own.log.lastLsn).toBe(before + 1)
    expect(own.log.state.undone()).toMatchObject([{ t: 'in', sequence: 1 }])
    expect(own.log.state.key('session', '888_1.0')).toBeDefined()
    expect(own.log.state.key('pre-key', '1')).toBeUndefined()
  })

  it('answers a redelivered ciphertext from the log, after a restart too, with no second event', async () => {
    const { own, peer } = await connectPair()
    const { type, ciphertext } = await encryptFor(peer, 'once')
    await own.receive(type, ciphertext, 'A1')
    expect(await own.receive(type, Buffer.from(ciphertext), 'A1')).toBe('once')
    await own.log.durable(own.log.lastLsn)
    own.log.abandon()
    const restarted = await openAccount({ bucket: own.bucket, epoch: 2 })
    expect(await restarted.receive(type, Buffer.from(ciphertext), 'A1')).toBe('once')
    restarted.log.append([{ t: 'done', upTo: 1 }])
    // done: the plaintext is gone, an empty message still lets the receipt out
    expect(await restarted.receive(type, Buffer.from(ciphertext), 'A1')).toBeFalsy()
    expect([...own.decrypted, ...restarted.decrypted]).toHaveLength(1)
  })

  it('changes no key when a ciphertext is not a message, and knows what is missing before it is refused', async () => {
    const { own, peer } = await connectPair()
    const { type, ciphertext } = await encryptFor(peer, 'broken')
    const forged = Buffer.from(ciphertext)
    forged[forged.length - 12]! ^= 1
    const preKey = own.log.state.key('pre-key', '1')
    await expect(own.receive(type, forged, 'A1')).rejects.toThrow('Bad MAC')
    expect([own.log.state.key('session', '888_1.0'), own.log.state.key('pre-key', '1')]).toEqual([undefined, preKey])
    expect(own.log.state.undecrypted()).toMatchObject([{ reason: 'bad_mac', attributes: { id: 'A1', from: PEER_LID } }])
    expect(await own.receive(type, ciphertext, 'A1')).toBe('broken')
    expect(own.log.state.undecrypted()).toEqual([])
  })

  it('has the advanced chain in the log before encrypt returns', async () => {
    const { peer } = await connectPair()
    const before = peer.log.lastLsn
    await encryptFor(peer, 'one')
    expect(peer.log.lastLsn).toBe(before + 1)
  })

  it('misses no message twice: a copy that cannot be read says nothing about one that was', async () => {
    const { own, peer } = await connectPair()
    const { type, ciphertext } = await encryptFor(peer, 'read')
    await own.receive(type, ciphertext, 'A1')
    const copy = Buffer.from(ciphertext)
    copy[copy.length - 12]! ^= 1
    await expect(own.receive(type, copy, 'A1')).rejects.toThrow()
    expect(own.log.state.undecrypted()).toEqual([])
  })

  it('stores a group sender key with the message that brought it, and journals group messages too', async () => {
    const { own, peer } = await connectPair()
    const group = '120363000000000001@g.us'
    const { ciphertext, senderKeyDistributionMessage } = await peer.repository.encryptGroupMessage({
      group,
      meId: PEER_LID,
      data: text('to all'),
    })
    const item = { groupId: group, axolotlSenderKeyDistributionMessage: senderKeyDistributionMessage }
    const keyMessage = await peer.repository.encryptMessage({
      jid: OWN_LID,
      data: encodeWAMessage({ senderKeyDistributionMessage: item }),
    })
    const attrs = { from: group, participant: PEER_LID, id: 'G1' }
    own.announce(attrs, keyMessage.type, keyMessage.ciphertext)
    await own.repository.decryptMessage({ jid: PEER_LID, ...keyMessage })
    expect(own.log.state.key('sender-key', `${group}::888_1::0`)).toBeDefined()
    const stored = own.log.lastLsn
    await own.repository.processSenderKeyDistributionMessage({ authorJid: PEER_LID, item })
    expect(own.log.lastLsn).toBe(stored)

    own.announce(attrs, 'skmsg', ciphertext)
    const receive = () => own.repository.decryptGroupMessage({ group, authorJid: PEER_LID, msg: ciphertext })
    const first = proto.Message.decode(unpadRandomMax16(await receive()))
    const again = proto.Message.decode(unpadRandomMax16(await receive()))
    expect([first.conversation, again.conversation]).toEqual(['to all', 'to all'])
    expect(own.decrypted.map(({ encryptionType }) => encryptionType)).toEqual(['pkmsg', 'skmsg'])
  })

  it('has the advanced sender key of a group in the log before encrypt returns: no key is used twice after a restart', async () => {
    const { own, peer } = await connectPair()
    const group = '120363000000000001@g.us'
    const encrypt = (account: Account, body: string) =>
      account.repository.encryptGroupMessage({ group, meId: OWN_LID, data: text(body) })
    const first = await encrypt(own, 'one')
    const item = { groupId: group, axolotlSenderKeyDistributionMessage: first.senderKeyDistributionMessage }
    await peer.repository.processSenderKeyDistributionMessage({ authorJid: OWN_LID, item })
    const before = own.log.lastLsn
    const second = await encrypt(own, 'two')
    expect(own.log.lastLsn).toBeGreaterThan(before)
    await own.log.durable(own.log.lastLsn)
    own.log.abandon()
    const restarted = await openAccount({ bucket: own.bucket, epoch: 2 })
    const third = await encrypt(restarted, 'three')
    const read: unknown[] = []
    for (const [index, { ciphertext }] of [first, second, third].entries()) {
      peer.announce({ from: group, participant: OWN_LID, id: `G${index}` }, 'skmsg', ciphertext)
      const padded = await peer.repository.decryptGroupMessage({ group, authorJid: OWN_LID, msg: ciphertext })
      read.push(proto.Message.decode(unpadRandomMax16(padded)).conversation)
    }
    expect(read).toEqual(['one', 'two', 'three'])
  })

  it('misses a group message whose sender key never came, until it comes', async () => {
    const { own, peer } = await connectPair()
    const group = '120363000000000001@g.us'
    const { ciphertext, senderKeyDistributionMessage } = await peer.repository.encryptGroupMessage({
      group,
      meId: PEER_LID,
      data: text('to all'),
    })
    const attrs = { from: group, participant: PEER_LID, id: 'G1' }
    const receive = () => {
      own.announce(attrs, 'skmsg', ciphertext)
      return own.repository.decryptGroupMessage({ group, authorJid: PEER_LID, msg: ciphertext })
    }
    await expect(receive()).rejects.toThrow()
    expect(own.log.state.undecrypted()).toMatchObject([{ reason: 'no_sender_key', attributes: { id: 'G1' } }])
    const item = { groupId: group, axolotlSenderKeyDistributionMessage: senderKeyDistributionMessage }
    const keyMessage = await peer.repository.encryptMessage({
      jid: OWN_LID,
      data: encodeWAMessage({ senderKeyDistributionMessage: item }),
    })
    own.announce(attrs, keyMessage.type, keyMessage.ciphertext)
    await own.repository.decryptMessage({ jid: PEER_LID, ...keyMessage })
    // the key alone is not the message
    expect(own.log.state.undecrypted()).toHaveLength(1)
    expect(proto.Message.decode(unpadRandomMax16(await receive())).conversation).toBe('to all')
    expect(own.log.state.undecrypted()).toEqual([])
  })

  it('keeps one session intact under phone and LID address at the same time', async () => {
    const { own, peer } = await connectPair()
    own.store.set({ 'lid-mapping': { 222: '888', '888_reverse': '222' } })
    const first = await encryptFor(peer, 'first')
    await own.receive(first.type, first.ciphertext, 'A0')
    const reply = await own.repository.encryptMessage({ jid: PEER_LID, data: text('reply') })
    await peer.receive(reply.type, reply.ciphertext, 'B0', OWN_LID)
    for (let round = 1; round <= 20; round++) {
      const inbound = await encryptFor(peer, `in ${round}`)
      const [body, outbound] = await Promise.all([
        own.receive(inbound.type, inbound.ciphertext, `A${round}`),
        own.repository.encryptMessage({ jid: PEER_PHONE, data: text(`out ${round}`) }),
      ])
      expect(body).toBe(`in ${round}`)
      expect(await peer.receive(outbound.type, outbound.ciphertext, `B${round}`, OWN_LID)).toBe(`out ${round}`)
    }
  })
})
