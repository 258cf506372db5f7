import { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { encodeBinaryNode } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { openMemoryLog } from '../auth-log/testing/open-memory-log.ts'
import { giveUp, journalStanzas } from './inbound-journal.ts'
import { messageKeyOf } from './message-key.ts'
import { noteOf } from './testing/fake-session.ts'
import { eventually } from './testing/open-test-session.ts'
import { missingContentOf } from './undecrypted.ts'
import { resumeUnfinished } from './unfinished-stanzas.ts'

const message = (content: BinaryNode[], attrs: BinaryNode['attrs'] = {}): BinaryNode => ({
  tag: 'message',
  attrs: { id: 'A1', from: '888@lid', type: 'text', ...attrs },
  content,
})
const group: BinaryNode = {
  tag: 'notification',
  attrs: { id: 'N1', from: '120363000000000001@g.us', type: 'w:gp2', participant: '888@lid' },
  content: [{ tag: 'subject', attrs: { subject: 'Team', s_t: '1' } }],
}

describe('stanzas that are journaled before the library sees them', () => {
  const setUp = async () => {
    const { log } = await openMemoryLog()
    const frames = new EventEmitter()
    const failures: unknown[] = []
    const seenByLibrary: number[] = []
    frames.on('CB:notification', () => seenByLibrary.push(log.lastLsn))
    frames.on('CB:message', () => seenByLibrary.push(log.lastLsn))
    const journal = (append: () => void): void => {
      try {
        append()
      } catch (error) {
        failures.push(error)
      }
    }
    return { log, frames, failures, seenByLibrary, journal }
  }

  it('a notification is in the log before its ack can be made', async () => {
    const { log, frames, seenByLibrary, journal } = await setUp()
    journalStanzas(frames, log, { onNotification: (notification) => noteOf(log, notification) }, journal)
    frames.emit('CB:notification', group)
    expect(seenByLibrary).toEqual([1])
    expect(log.state.undone()).toMatchObject([
      { t: 'note', eventType: 'group.updated', data: { group: group.attrs.from, change: 'subject' } },
    ])
    frames.emit('CB:notification', { ...group, attrs: { ...group.attrs, type: 'account_sync' } })
    expect(log.lastLsn).toBe(1)
  })

  it('a session that cannot journal a notification ends the connection instead of acking it', async () => {
    const { log, frames, failures, journal } = await setUp()
    const onNotification = () => {
      throw new Error('the session is full')
    }
    journalStanzas(frames, log, { onNotification }, journal)
    frames.emit('CB:notification', group)
    expect(failures).toMatchObject([{ message: 'the session is full' }])
  })

  it('a message without content is missed, one that nobody can get is not', async () => {
    const { log, frames, journal } = await setUp()
    journalStanzas(frames, log, {}, journal)
    const unavailable = (type: string) => message([{ tag: 'unavailable', attrs: { type } }], { id: type })
    frames.emit('CB:message', message([], { id: 'ad' }))
    frames.emit('CB:message', unavailable('view_once_unavailable_fanout'))
    frames.emit('CB:message', unavailable('bot_unavailable_fanout'))
    frames.emit('CB:message', message([], { id: 'status', from: 'status@broadcast', participant: '888@lid' }))
    frames.emit('CB:message', message([], { id: 'phone', category: 'peer' }))
    expect(log.state.undecrypted().map(({ attributes, reason }) => [attributes.id, reason])).toEqual([
      ['ad', 'absent'],
      ['view_once_unavailable_fanout', 'absent'],
    ])
    expect(missingContentOf(message([{ tag: 'enc', attrs: { type: 'msmsg' } }]))).toBe('unsupported')
    expect(missingContentOf(message([{ tag: 'enc', attrs: { type: 'msg' } }]))).toBeNull()
  })

  it('a message that no connection could answer is missed; anything else is not', async () => {
    const { log } = await setUp()
    giveUp(log, message([]))
    giveUp(log, group)
    expect(log.state.undecrypted()).toMatchObject([{ attributes: { id: 'A1' }, reason: 'other' }])
  })
})

describe('the name of a message', () => {
  it('is the same from phone number and LID once they are known to be one, and differs by sender and id', async () => {
    const { log } = await openMemoryLog()
    const key = (attributes: Record<string, string>) => messageKeyOf(attributes, log.state)
    const byLid = key({ from: '888@lid', id: 'A1' })
    expect(key({ from: '222:3@s.whatsapp.net', id: 'A1' })).not.toBe(byLid)
    expect(key({ from: '222@s.whatsapp.net', sender_lid: '888@lid', id: 'A1' })).toBe(byLid)
    log.append([{ t: 'keys', set: { 'lid-mapping': { 222: '888' } } }])
    expect(key({ from: '222:3@s.whatsapp.net', id: 'A1' })).toBe(byLid)
    expect(key({ from: '1@g.us', participant: '888:2@lid', id: 'A1' })).toBe(byLid)
    expect(new Set([byLid, key({ from: '889@lid', id: 'A1' }), key({ from: '888@lid', id: 'A2' })]).size).toBe(3)
  })
})

describe('an unfinished stanza', () => {
  it('is given to the library once the connection is open, and is finished when that lived long enough', async () => {
    const { log } = await openMemoryLog()
    const stanza = message([{ tag: 'enc', attrs: { v: '2', type: 'msg' }, content: Buffer.from('ciphertext') }])
    log.append([
      {
        t: 'in',
        sequence: null,
        eventId: null,
        at: Date.now(),
        event: null,
        ciphertextHash: 'h',
        identityHash: 'i',
        plaintext: 'cGxhaW4=',
        stanza: encodeBinaryNode(stanza).toString('base64'),
        tries: 0,
        isUnfinished: true,
      },
    ])
    const frames = new EventEmitter()
    const given: BinaryNode[] = []
    frames.on('CB:message', (node: BinaryNode) => given.push(node))
    const unfinished = resumeUnfinished(frames, log, () => undefined, 20)
    expect(given).toEqual([])
    await unfinished.start()
    expect(given).toEqual([stanza])
    expect(log.state.unfinished()).toHaveLength(1)
    await eventually(() => log.state.unfinished().length === 0)
    unfinished.stop()
  })
})
