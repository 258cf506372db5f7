import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideContact, type KnownContact } from './contact-identity.ts'

const contact = (contactId: string, phone: string | null, lid: string | null, firstSeenAt = 1): KnownContact => ({
  contactId,
  phone,
  lid,
  firstSeenAt,
  chattedAt: null,
})
const PHONE = '+5511988887777'
const LID = '123@lid'

describe('whose addresses are these', () => {
  test('nobody knows them: a new contact', () => {
    expect(decideContact({ phone: PHONE, lid: LID }, null, null)).toEqual({
      kind: 'create',
      isRecycled: false,
      loser: null,
    })
  })

  test('the other address of a known contact is learnt', () => {
    expect(decideContact({ phone: PHONE, lid: LID }, contact('p', PHONE, null), null)).toMatchObject({
      kind: 'extend',
      contact: { contactId: 'p', phone: PHONE, lid: LID },
    })
    expect(decideContact({ phone: PHONE, lid: LID }, null, contact('l', null, LID))).toMatchObject({
      kind: 'extend',
      contact: { contactId: 'l', phone: PHONE, lid: LID },
    })
  })

  test('two contacts turn out to be one: the older one stays', () => {
    const byPhone = contact('p', PHONE, null, 5)
    const byLid = contact('l', null, LID, 4)
    expect(decideContact({ phone: PHONE, lid: LID }, byPhone, byLid)).toEqual({
      kind: 'merge',
      into: { ...byLid, phone: PHONE },
      from: byPhone,
    })
    expect(decideContact({ phone: PHONE, lid: LID }, { ...byPhone, firstSeenAt: 3 }, byLid)).toMatchObject({
      into: { contactId: 'p', phone: PHONE, lid: LID },
      from: { contactId: 'l' },
    })
  })

  test('a number that moved to another person is a new contact, or that person’s; the earlier owner loses it', () => {
    const earlier = contact('old', PHONE, '999@lid')
    expect(decideContact({ phone: PHONE, lid: LID }, earlier, null)).toEqual({
      kind: 'create',
      isRecycled: true,
      loser: earlier,
    })
    expect(decideContact({ phone: PHONE, lid: LID }, earlier, contact('l', '+44', LID))).toMatchObject({
      kind: 'extend',
      contact: { contactId: 'l', phone: PHONE, lid: LID },
      loser: earlier,
    })
  })

  test('a person with a new number stays the same contact', () => {
    expect(decideContact({ phone: PHONE, lid: LID }, null, contact('l', '+44', LID))).toMatchObject({
      kind: 'extend',
      contact: { contactId: 'l', phone: PHONE },
    })
  })

  test('after any sightings, each address belongs to one contact, and what was told together stays together', () => {
    const address = <T extends string>(...all: T[]) => fc.option(fc.constantFrom(...all))
    const sighting = fc
      .record({ phone: address('+1', '+2', '+3'), lid: address('1@lid', '2@lid', '3@lid') })
      .filter(({ phone, lid }) => phone !== null || lid !== null)
    fc.assert(
      fc.property(fc.array(sighting, { maxLength: 30 }), (sightings) => {
        let contacts: KnownContact[] = []
        for (const [index, seen] of sightings.entries()) {
          const byPhone = contacts.find(({ phone }) => phone !== null && phone === seen.phone) ?? null
          const byLid = contacts.find(({ lid }) => lid !== null && lid === seen.lid) ?? null
          const decision = decideContact(seen, byPhone, byLid)
          const without = (...gone: (KnownContact | null)[]) =>
            contacts.filter(({ contactId }) => !gone.some((one) => one?.contactId === contactId))
          const lost = (loser: KnownContact | null) => (loser ? [{ ...loser, phone: null }] : [])
          if (decision.kind === 'create')
            contacts = [
              ...without(decision.loser),
              ...lost(decision.loser),
              contact(`c${index}`, seen.phone, seen.lid, index),
            ]
          if (decision.kind === 'extend')
            contacts = [...without(decision.contact, decision.loser), ...lost(decision.loser), decision.contact]
          if (decision.kind === 'merge') contacts = [...without(decision.into, decision.from), decision.into]
          const held = contacts.find(({ phone, lid }) => (seen.lid ? lid === seen.lid : phone === seen.phone))
          if (seen.phone !== null && seen.lid !== null) expect(held).toMatchObject(seen)
          for (const key of ['phone', 'lid'] as const) {
            const values = contacts.map((one) => one[key]).filter((value) => value !== null)
            expect(new Set(values).size).toBe(values.length)
          }
        }
      }),
    )
  })
})
