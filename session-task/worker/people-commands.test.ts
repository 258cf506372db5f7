import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { contactIdOf } from '../../shared/core/ids.ts'
import { makeJpeg } from '../../shared/core/testing/make-jpeg.ts'
import { failOperation, person, runOperation } from '../testing/run-operation.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
let worker: Awaited<ReturnType<TestFleet['startWorker']>>
let sessionId: string
let OWN = ''
let sessions = 0
const ANA = '5511988887777'
const BIA = '5511977776666'
const ABSENT = '5511955554444'

beforeAll(async () => {
  fleet = await startTestFleet()
  for (const phone of [ANA, BIA]) await fleet.simulator.addContact(phone, { name: phone })
  await fleet.simulator.addContact(ABSENT, { onWhatsApp: false })
  worker = await fleet.startWorker()
})
beforeEach(async () => {
  OWN = String(5511900008101 + sessions++)
  sessionId = await fleet.linkSession(worker, OWN)
})
afterAll(() => fleet.stop())

const usyncs = async () =>
  (await fleet.simulator.wire(OWN)).filter(({ direction, attrs }) => direction === 'in' && attrs.xmlns === 'usync')
    .length
const lookup = (...phones: string[]) =>
  runOperation(fleet, sessionId, 'lookupContacts', {
    addresses: phones.map((phone) => ({ input: `+${phone}`, target: person(phone) })),
  })

test('numbers are looked up in one question, remembered, and known by their contact id from then on', async () => {
  const before = await usyncs()
  const { data } = await lookup(ANA, ABSENT, BIA)
  expect(data.map(({ input, onWhatsApp }) => [input, onWhatsApp])).toEqual([
    [`+${ANA}`, true],
    [`+${ABSENT}`, false],
    [`+${BIA}`, true],
  ])
  const lid = (await fleet.simulator.control('GET', `contacts/${ANA}`)).lid
  expect(data[0]?.contact).toMatchObject({
    contactId: contactIdOf(sessionId, `${ANA}@s.whatsapp.net`),
    phone: `+${ANA}`,
    lid,
  })
  expect(data[1]?.contact).toBeNull()
  const asked = (await usyncs()) - before
  expect(asked).toBe(1)
  await lookup(ANA, BIA, ABSENT)
  expect((await usyncs()) - before).toBe(1)

  // Back from the LID: the pair was seen.
  const back = await runOperation(fleet, sessionId, 'lookupContacts', {
    addresses: [
      { input: lid, target: { phone: null, lid, group: null } },
      { input: '99999@lid', target: { phone: null, lid: '99999@lid', group: null } },
    ],
  })
  expect(back.data).toMatchObject([
    { onWhatsApp: true, contact: { phone: `+${ANA}`, lid, contactId: data[0]?.contact?.contactId } },
    { onWhatsApp: null, contact: null },
  ])
})

test('more numbers than fit in one question are asked in several', async () => {
  const before = await usyncs()
  const phones = Array.from({ length: 120 }, (_, n) => String(5511933330000 + n))
  const { data } = await lookup(...phones)
  expect(data.map(({ input, onWhatsApp }) => [input, onWhatsApp])).toEqual(phones.map((phone) => [`+${phone}`, true]))
  expect((await usyncs()) - before).toBe(3)
})

test('silence is not "not on WhatsApp"', async () => {
  await fleet.simulator.fault({ kind: 'failQueries', xmlns: 'usync', code: 500, phone: OWN })
  const input = { addresses: [{ input: ANA, target: person(ANA) }] }
  expect(await failOperation(fleet, sessionId, 'lookupContacts', input)).toBe('whatsapp_rejected')
  expect((await lookup(ANA)).data[0]?.onWhatsApp).toBe(true)
})

test('about and picture of a contact are what the contact has; of somebody who is not there a clear refusal', async () => {
  const jpeg = makeJpeg(64, 64, 3)
  await fleet.simulator.control('PUT', `contacts/${BIA}/profile`, {
    about: 'Hi!',
    pictureBase64: jpeg.toString('base64'),
  })
  const profile = await runOperation(fleet, sessionId, 'getContactProfile', { target: person(BIA) })
  expect(profile).toMatchObject({ about: 'Hi!', contact: { phone: `+${BIA}` } })
  expect(profile.pictureUrl).toMatch(/^https:/)
  const bare = await runOperation(fleet, sessionId, 'getContactProfile', { target: person(ANA) })
  expect(bare.pictureUrl).toBeNull()
  const absent = { target: person(ABSENT) }
  expect(await failOperation(fleet, sessionId, 'getContactProfile', absent)).toBe('recipient_not_on_whatsapp')
})

test('a blocked contact does not get through until it is unblocked', async () => {
  const received = async () =>
    (await fleet.readEvents(sessionId))
      .filter(({ type }) => type === 'message.received')
      .map(({ data }) => data.message?.text?.body)
  expect(await runOperation(fleet, sessionId, 'blockContact', { target: person(ANA) })).toMatchObject({ blocked: true })
  expect((await fleet.simulator.control('GET', `contacts/${OWN}/profile`)).blocked).toEqual([`+${ANA}`])
  const { data } = await runOperation(fleet, sessionId, 'listBlockedContacts', {})
  expect(data).toMatchObject([{ phone: `+${ANA}`, contactId: contactIdOf(sessionId, `${ANA}@s.whatsapp.net`) }])
  await fleet.simulator.contactSends(ANA, OWN, 'blocked')
  await runOperation(fleet, sessionId, 'unblockContact', { target: person(ANA) })
  expect((await runOperation(fleet, sessionId, 'listBlockedContacts', {})).data).toEqual([])
  await fleet.simulator.contactSends(ANA, OWN, 'unblocked')
  await until('the message', async () => (await received()).includes('unblocked'))
  expect(await received()).toEqual(['unblocked'])
})

test('name, about and picture of the account are what its contacts see', async () => {
  const seen = () => fleet.simulator.control('GET', `contacts/${OWN}/profile`)
  const changed = await runOperation(fleet, sessionId, 'updateProfile', { name: 'Acme', about: 'Mon to Fri' })
  expect(changed).toMatchObject({ name: 'Acme', about: 'Mon to Fri', pictureUrl: null, account: { phone: `+${OWN}` } })
  await until('the name', async () => (await seen()).name === 'Acme')
  expect(await seen()).toMatchObject({ name: 'Acme', about: 'Mon to Fri', pictureId: null })
  const imageBase64 = makeJpeg(640, 640, 9).toString('base64')
  const pictured = await runOperation(fleet, sessionId, 'setProfilePicture', { imageBase64 })
  expect(pictured.pictureUrl).toMatch(/^https:/)
  const picture = await fetch(`${fleet.simulator.controlUrl}/control/contacts/${OWN}/picture`)
  expect(Buffer.from(await picture.arrayBuffer()).toString('base64')).toBe(imageBase64)
  expect((await runOperation(fleet, sessionId, 'removeProfilePicture', {})).pictureUrl).toBeNull()
  expect(await seen()).toMatchObject({ pictureId: null })
  // The library tells a new name with "online", which would silence the phone.
  const presences = (await fleet.simulator.wire(OWN)).filter(
    ({ direction, tag }) => direction === 'in' && tag === 'presence',
  )
  expect(presences.at(-1)?.attrs.type).toBe('unavailable')
})

test('typing, recording and pausing are seen by the contact, and in a group by its members', async () => {
  const states = async (phone: string) =>
    (await fleet.simulator.control('GET', `contacts/${phone}/presence`)).data
      .filter(({ from }: { from: string }) => from.includes(OWN))
      .map(({ state }: { state: string }) => state)
  for (const state of ['composing', 'recording', 'paused'] as const)
    await runOperation(fleet, sessionId, 'sendPresence', { state, target: person(ANA) })
  await until('three states', async () => (await states(ANA)).length === 3)
  expect(await states(ANA)).toEqual(['composing', 'recording', 'paused'])
  const { jid } = await fleet.simulator.control('POST', 'groups', {
    creator: BIA,
    subject: 'Typing',
    participants: [OWN],
  })
  await runOperation(fleet, sessionId, 'sendPresence', {
    state: 'composing',
    target: { phone: null, lid: null, group: jid },
  })
  await until('typing in the group', async () => (await states(BIA)).includes('composing'))
  const absent = { state: 'composing' as const, target: person(ABSENT) }
  expect(await failOperation(fleet, sessionId, 'sendPresence', absent)).toBe('recipient_not_on_whatsapp')
})

test('nothing of all this was more than a real server would have taken', async () => {
  expect(await fleet.simulator.violations()).toEqual([])
})
