import { describe, expect, it } from 'vitest'
import { openMemoryLog } from '../auth-log/testing/open-memory-log.ts'
import type { DecryptedStanza } from '../whatsapp/connection.ts'
import { addressOf } from './addresses.ts'
import { inboundRecordOf, undecryptableRecordOf } from './inbound.ts'

const OWN = { phone: '+5511900000001', lid: '111@lid' }

const stanza = (attributes: Record<string, string>, message: Record<string, unknown>): DecryptedStanza => ({
  attributes,
  message,
  plaintext: Buffer.from('plain'),
  encryptionType: 'msg',
  ciphertextHash: `hash of ${attributes.id}`,
  stanza: Buffer.from('stanza'),
})

describe('the record of a stanza', () => {
  it('takes the next sequence, and ids that follow from it', async () => {
    const { log } = await openMemoryLog()
    const attributes = { id: 'A1', from: '5511988887777:3@s.whatsapp.net', sender_lid: '222@lid', t: '1700000000' }
    const record = inboundRecordOf(log, stanza(attributes, { conversation: 'Hi' }), OWN, 1_800_000_000_000)
    expect(record).toMatchObject({
      sequence: 1,
      event: {
        chatJid: '5511988887777@s.whatsapp.net',
        phone: '+5511988887777',
        lid: '222@lid',
        sentAt: 1_700_000_000_000,
        content: { text: { body: 'Hi' } },
      },
    })
  })

  it('is the same event when the sender encrypts it again, under either of his addresses', async () => {
    const { log } = await openMemoryLog()
    const byPhone = { id: 'A1', from: '5511988887777@s.whatsapp.net', sender_lid: '222@lid' }
    const byLid = { id: 'A1', from: '222@lid', sender_pn: '5511988887777@s.whatsapp.net' }
    log.append([inboundRecordOf(log, stanza(byPhone, { conversation: 'Hi' }), OWN, 1)])
    const again = inboundRecordOf(log, { ...stanza(byLid, { conversation: 'Hi' }), ciphertextHash: 'other' }, OWN, 2)
    expect(again).toMatchObject({ sequence: null, eventId: null, event: null })
    expect(log.state.nextSequence).toBe(2)
  })

  it.each([
    [['groups'], '1203630@g.us', true],
    [['groups'], 'status@broadcast', false],
    [['groups', 'statuses'], 'status@broadcast', true],
    [['groups', 'statuses'], '5511988887777@s.whatsapp.net', false],
    [[], '1203630@g.us', false],
  ] as const)('ignoring %j, of a message in %s: nothing is told is %s', async (ignore, from, isIgnored) => {
    const { log } = await openMemoryLog()
    const attributes = { id: 'A1', from, participant: '5511988887777@s.whatsapp.net' }
    const came = { ...stanza(attributes, { conversation: 'Hi' }), messageKey: 'key' }
    const record = { ...inboundRecordOf(log, came, OWN, 1, ignore), messageKey: 'key' }
    expect(record.event === null).toBe(isIgnored)
    log.append([record])
    // Encrypted anew, or not to be read: known all the same, whatever the setting is by then.
    expect(inboundRecordOf(log, { ...came, ciphertextHash: 'other' }, OWN, 2).event).toBeNull()
    const missing = { t: 'undecrypted', at: 3, messageKey: 'key', attributes, reason: 'no_session' } as const
    log.append([missing])
    expect(log.state.undecrypted()).toEqual([])
    const other = { ...missing, messageKey: 'other key', messageId: null }
    expect(undecryptableRecordOf(log, other, OWN, 4, ignore).event === null).toBe(isIgnored)
  })

  it('makes no event of what our own devices sent', async () => {
    const { log } = await openMemoryLog()
    for (const from of ['5511900000001:2@s.whatsapp.net', '111@lid'])
      expect(inboundRecordOf(log, stanza({ id: from, from }, { conversation: 'Hi' }), OWN, 1).sequence).toBeNull()
  })

  it('names the sender of a group message, and the group as the chat', async () => {
    const { log } = await openMemoryLog()
    const attributes = {
      id: 'G1',
      from: '1203630@g.us',
      participant: '222@lid',
      participant_pn: '5511988887777@s.whatsapp.net',
    }
    expect(inboundRecordOf(log, stanza(attributes, { conversation: 'Hi' }), OWN, 1).event).toMatchObject({
      chatJid: '1203630@g.us',
      senderJid: '222@lid',
      phone: '+5511988887777',
    })
  })
})

describe('an address', () => {
  it('has one contact id, whichever way it was written to', () => {
    const known = { phone: '+5511988887777', lid: '222@lid' }
    const byLid = addressOf('ses_1', '222@lid', known)
    const byPhone = addressOf('ses_1', '5511988887777:7@s.whatsapp.net', known)
    expect(byLid.contactId).toBe(byPhone.contactId)
    expect(byPhone).toMatchObject({ phone: '+5511988887777', lid: '222@lid', kind: 'user' })
  })

  it.each([
    ['status@broadcast', 'status'],
    ['1203630@g.us', 'group'],
    ['99@newsletter', 'channel'],
    ['x@unheard.of', 'unknown'],
  ])('%s is of kind %s, without a contact', (jid, kind) => {
    expect(addressOf('ses_1', jid)).toMatchObject({ kind, contactId: null, jid })
  })
})

describe('a message that cannot be decrypted', () => {
  const attributes = { id: 'A1', from: '222@s.whatsapp.net', t: '5', notify: 'Ana' }
  const missing = { t: 'undecrypted', at: Date.now(), messageKey: 'key', attributes, reason: 'no_session' } as const

  it('is shown to the tenant with its reason, and its content belongs to the same message', async () => {
    const { log } = await openMemoryLog()
    log.append([missing])
    const shown = undecryptableRecordOf(log, log.state.undecryptedOf('key')!, OWN, 9_000)
    log.append([shown])
    expect(shown).toMatchObject({
      sequence: 1,
      event: {
        type: 'message.undecryptable',
        messageType: 'undecryptable',
        whatsappId: 'A1',
        phone: '+222',
        content: { undecryptable: { reason: 'no_session' } },
        sentAt: 5_000,
      },
    })
    const late = inboundRecordOf(log, { ...stanza(attributes, { conversation: 'Hi' }), messageKey: 'key' }, OWN, 9_001)
    expect(late).toMatchObject({ sequence: 2, event: { type: 'message.received', messageId: shown.event?.messageId } })
  })

  it('of our own other device makes no event, and is not asked for again', async () => {
    const { log } = await openMemoryLog()
    log.append([{ ...missing, attributes: { ...attributes, from: '5511900000001:2@s.whatsapp.net' } }])
    const record = undecryptableRecordOf(log, log.state.undecryptedOf('key')!, OWN, 9_000)
    expect(record).toMatchObject({ sequence: null, event: null })
    log.append([{ ...record, messageKey: 'key' }])
    expect(log.state.undecrypted()).toEqual([])
  })
})
