import { describe, expect, it } from 'vitest'
import { newId } from '../../shared/core/ids.ts'
import { parseAddress } from './recipient.ts'

const sessionId = newId('ses')
const addressOf = (to: Parameters<typeof parseAddress>[1], session = sessionId) => {
  const parsed = parseAddress(session, to)
  if (!('address' in parsed)) throw new Error(JSON.stringify(parsed))
  return parsed.address
}

describe('recipient of a message', () => {
  it.each([
    '+5511988887777',
    '5511988887777',
    '+55 (11) 98888-7777',
    '5511988887777@s.whatsapp.net',
    '5511988887777@c.us',
  ])('%s is the same person', (to) => {
    const address = addressOf(to)
    expect(address).toEqual(addressOf('+5511988887777'))
    expect(address).toMatchObject({ phone: '+5511988887777', jid: null, lid: null, kind: 'user' })
    expect(address.contactId).toMatch(/^con_[0-9A-Z]{26}$/)
  })

  it('takes the address object of an answer', () => {
    const address = addressOf('+15551234567')
    expect(addressOf(address)).toEqual(address)
  })

  it('is another contact in another session', () => {
    expect(addressOf('+5511988887777', newId('ses')).contactId).not.toBe(addressOf('+5511988887777').contactId)
  })

  it.each([
    ['120363000000000001@g.us', { jid: '120363000000000001@g.us', kind: 'group', contactId: null }],
    ['5511988887777-1600000000@g.us', { kind: 'group' }],
    ['123456789012@lid', { lid: '123456789012@lid', jid: null, phone: null, kind: 'user' }],
    ['status', { jid: 'status@broadcast', kind: 'status' }],
    ['status@broadcast', { jid: 'status@broadcast', kind: 'status' }],
  ])('%s is a chat of its kind', (to, address) => {
    expect(addressOf(to)).toMatchObject(address)
  })

  it('a contact id is looked up', () => {
    expect(parseAddress(sessionId, 'con_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S')).toEqual({
      contactId: 'con_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S',
    })
  })

  it.each([
    '',
    'hello',
    '123',
    '+999123456789',
    '+55119',
    '5511988887777@example.com',
    'x@s.whatsapp.net',
    'x@g.us',
    '@lid',
    'con_01',
    '99@newsletter',
    {},
  ])('refuses %j', (to) => {
    expect(parseAddress(sessionId, to)).toEqual({ problem: expect.stringContaining('Not a valid') })
  })
})
