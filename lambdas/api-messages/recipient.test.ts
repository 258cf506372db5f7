import { describe, expect, it } from 'vitest'
import type { Fault } from '../../shared/core/fault.ts'
import { newId } from '../../shared/core/ids.ts'
import { parseRecipient } from './recipient.ts'

const sessionId = newId('ses')

describe('recipient of a message', () => {
  it.each([
    '+5511988887777',
    '5511988887777',
    '+55 (11) 98888-7777',
    '5511988887777@s.whatsapp.net',
    '5511988887777@c.us',
  ])('%s is the same person', (to) => {
    const address = parseRecipient(sessionId, to)
    expect(address).toEqual(parseRecipient(sessionId, '+5511988887777'))
    expect(address).toMatchObject({ phone: '+5511988887777', jid: null, lid: null, kind: 'user' })
    expect(address.contactId).toMatch(/^con_[0-9A-Z]{26}$/)
  })

  it('takes the address object of an answer', () => {
    const address = parseRecipient(sessionId, '+15551234567')
    expect(parseRecipient(sessionId, address)).toEqual(address)
  })

  it('is another contact in another session', () => {
    expect(parseRecipient(newId('ses'), '+5511988887777').contactId).not.toBe(
      parseRecipient(sessionId, '+5511988887777').contactId,
    )
  })

  it.each(['', 'hello', '123', '+999123456789', '+55119', '5511988887777@example.com', 'x@s.whatsapp.net', {}])(
    'refuses %j and says where',
    (to) => {
      try {
        parseRecipient(sessionId, to)
        expect.unreachable()
      } catch (error) {
        expect((error as Fault).code).toBe('validation_failed')
        expect((error as Fault).details.errors).toEqual([
          { path: 'to', message: expect.stringContaining('Not a valid') },
        ])
      }
    },
  )

  it.each(['123-456@g.us', '1234@lid', 'con_01'])('says that %s cannot be addressed yet', (to) => {
    expect(() => parseRecipient(sessionId, to)).toThrow(/yet/)
  })
})
