import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startTestCloud, type TestCloud } from '../../local/cloud/testing/cloud.ts'
import { contactIdOf, newId } from '../core/ids.ts'
import { TenantScope } from '../core/tenant-scope.ts'
import { Contacts } from './contacts.ts'
import { openTables, type Tables } from './tables.ts'

const scope = TenantScope.fromVerified('systemRow', { tenantId: 'ten_00000000000000000000000001', mode: 'test' })
const PHONE = '+5511988887777'
const LID = '123@lid'
let cloud: TestCloud
let tables: Tables
let sessionId: string
let contacts: Contacts

beforeAll(async () => {
  cloud = await startTestCloud()
  cloud.apply()
  tables = openTables()
})
beforeEach(() => {
  sessionId = newId('ses')
  contacts = new Contacts(tables, scope, sessionId)
})
afterAll(() => cloud.stop())

it('a contact met by phone has the id that the API gave to the number', async () => {
  const met = await contacts.meet({ phone: PHONE, lid: null }, 1)
  expect(met.contactId).toBe(contactIdOf(sessionId, '5511988887777@s.whatsapp.net'))
  expect(await contacts.meet({ phone: PHONE, lid: null }, 2)).toEqual(met)
  expect(await contacts.ofAddress(PHONE)).toEqual(met)
  expect(await contacts.ofAddress(LID)).toBeNull()
})

it('phone and LID that were met apart become one contact, the older; both ids lead to it; the merge is told once', async () => {
  const byLid = await contacts.meet({ phone: null, lid: LID }, 1)
  const byPhone = await contacts.meet({ phone: PHONE, lid: null }, 2)
  expect(byLid.contactId).not.toBe(byPhone.contactId)
  const one = await contacts.meet({ phone: PHONE, lid: LID }, 3)
  expect(one).toMatchObject({ contactId: byLid.contactId, phone: PHONE, lid: LID, firstSeenAt: 1 })
  for (const address of [PHONE, LID]) expect(await contacts.ofAddress(address)).toEqual(one)
  expect(await contacts.get(byPhone.contactId)).toEqual(one)
  const merges = [{ v: 1, from: byPhone.contactId, into: byLid.contactId, at: 3 }]
  expect(await contacts.listMerges(10)).toEqual(merges)
  await contacts.meet({ phone: PHONE, lid: LID }, 4)
  expect(await contacts.listMerges(10)).toEqual(merges)
  await contacts.dropMerge(byPhone.contactId)
  expect(await contacts.listMerges(10)).toEqual([])
})

it('a number that another person has now leads to that person; the earlier one keeps its LID', async () => {
  const earlier = await contacts.meet({ phone: PHONE, lid: '999@lid' }, 1)
  const now = await contacts.meet({ phone: PHONE, lid: LID }, 2)
  expect(now.contactId).not.toBe(earlier.contactId)
  expect(await contacts.ofAddress(PHONE)).toMatchObject({ contactId: now.contactId, lid: LID })
  expect(await contacts.ofAddress('999@lid')).toMatchObject({ contactId: earlier.contactId, phone: null })
  expect(await contacts.listMerges(10)).toEqual([])
})

it('20 sightings at the same moment make one contact', async () => {
  const met = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      contacts.meet({ phone: index % 3 === 0 ? null : PHONE, lid: index % 3 === 1 ? null : LID }, index),
    ),
  )
  const standing = await contacts.ofAddress(PHONE)
  expect(await contacts.ofAddress(LID)).toEqual(standing)
  for (const { contactId } of met) expect(await contacts.get(contactId)).toEqual(standing)
})
