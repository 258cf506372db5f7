import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
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
const SHY = '5511966665555'
const ABSENT = '5511955554444'

beforeAll(async () => {
  fleet = await startTestFleet()
  for (const phone of [ANA, BIA]) await fleet.simulator.addContact(phone, { name: phone })
  await fleet.simulator.addContact(SHY, { name: 'Shy', groupAdd: 'nobody' })
  await fleet.simulator.addContact(ABSENT, { onWhatsApp: false })
  worker = await fleet.startWorker()
})
// Each with an account of its own: the budget of questions would make one account wait for a minute.
beforeEach(async () => {
  OWN = String(5511900007001 + sessions++)
  sessionId = await fleet.linkSession(worker, OWN)
})
afterAll(() => fleet.stop())

const groupSeen = (id: string) => fleet.simulator.control('GET', `groups/${id}`)
const statuses = (results: readonly { participant: { phone: string | null }; status: string; code: string | null }[]) =>
  Object.fromEntries(results.map(({ participant, status, code }) => [participant.phone, code ?? status]))
const create = (subject: string, phones: readonly string[], description: string | null = null) =>
  runOperation(fleet, sessionId, 'createGroup', { subject, description, participants: phones.map(person) })

describe('a group', () => {
  test('is created with who can be added; each person has a result, and the server has exactly that group', async () => {
    const made = await create('Falcon', [ANA, BIA, SHY, ABSENT], 'All about it')
    expect(statuses(made.results)).toEqual({
      [`+${ANA}`]: 'done',
      [`+${BIA}`]: 'done',
      [`+${SHY}`]: 'needsInvite',
      [`+${ABSENT}`]: 'recipient_not_on_whatsapp',
    })
    expect(made).toMatchObject({ subject: 'Falcon', description: 'All about it', size: 3, role: 'owner' })
    const seen = await groupSeen(made.id)
    expect(seen).toMatchObject({ subject: 'Falcon', description: 'All about it', creator: `+${OWN}` })
    expect(seen.members.map(({ phone }: { phone: string }) => phone).sort()).toEqual(
      [`+${OWN}`, `+${ANA}`, `+${BIA}`].sort(),
    )
    expect(made.participants.map(({ participant }) => participant.phone).sort()).toEqual(
      seen.members.map(({ phone }: { phone: string }) => phone).sort(),
    )
  })

  test('of an account that is addressed by LID has the same results, and the numbers of its members', async () => {
    await fleet.simulator.control('POST', 'phones', { phone: OWN, addressing: 'lid' })
    const made = await create('By LID', [ANA, SHY])
    expect(statuses(made.results)).toEqual({ [`+${ANA}`]: 'done', [`+${SHY}`]: 'needsInvite' })
    expect((await groupSeen(made.id)).addressing).toBe('lid')
    expect(made.participants.map(({ participant }) => participant.phone).sort()).toEqual([`+${OWN}`, `+${ANA}`].sort())
    expect(made.participants.every(({ participant }) => participant.jid?.endsWith('@lid'))).toBe(true)
    expect(made.role).toBe('owner')
    const { results } = await runOperation(fleet, sessionId, 'changeGroupParticipants', {
      groupId: made.id,
      action: 'promote',
      participants: [person(ANA)],
    })
    expect(statuses(results)).toEqual({ [`+${ANA}`]: 'done' })
  })

  test('of nobody who is on WhatsApp is not made', async () => {
    const before = (await fleet.simulator.control('GET', 'groups')).data.length
    const input = { subject: 'Nobody', description: null, participants: [person(ABSENT)] }
    expect(await failOperation(fleet, sessionId, 'createGroup', input)).toBe('recipient_not_on_whatsapp')
    expect((await fleet.simulator.control('GET', 'groups')).data.length).toBe(before)
  })

  test('is changed: subject, description, every setting; the answer is what the server has', async () => {
    const { id } = await create('Old', [ANA])
    const changes = {
      subject: 'New',
      description: 'First',
      announcementsOnly: true,
      lockedSettings: true,
      joinApproval: true,
      membersCanAdd: true,
      disappearingSeconds: 86_400,
    }
    const changed = await runOperation(fleet, sessionId, 'updateGroup', { groupId: id, changes })
    expect(changed).toMatchObject(changes)
    expect(await groupSeen(id)).toMatchObject({
      subject: 'New',
      description: 'First',
      announce: true,
      locked: true,
      joinApproval: true,
      memberAddMode: 'all_member_add',
      ephemeralSeconds: 86_400,
    })
    const back = {
      description: null,
      announcementsOnly: false,
      lockedSettings: false,
      joinApproval: false,
      disappearingSeconds: 0,
    }
    expect(await runOperation(fleet, sessionId, 'updateGroup', { groupId: id, changes: back })).toMatchObject(back)
    expect(await groupSeen(id)).toMatchObject({
      description: null,
      announce: false,
      locked: false,
      ephemeralSeconds: 0,
    })
  })

  test('gets and loses people and admins, each with a result', async () => {
    const { id } = await create('People', [ANA])
    const change = async (action: 'add' | 'remove' | 'promote' | 'demote', phones: readonly string[]) =>
      statuses(
        (
          await runOperation(fleet, sessionId, 'changeGroupParticipants', {
            groupId: id,
            action,
            participants: phones.map(person),
          })
        ).results,
      )
    const roles = async () =>
      Object.fromEntries(
        (await groupSeen(id)).members.map(({ phone, role }: { phone: string; role: string }) => [phone, role]),
      )
    expect(await change('add', [ANA, BIA, SHY, ABSENT])).toEqual({
      [`+${ANA}`]: 'unchanged',
      [`+${BIA}`]: 'done',
      [`+${SHY}`]: 'needsInvite',
      [`+${ABSENT}`]: 'recipient_not_on_whatsapp',
    })
    expect(await change('promote', [BIA, SHY])).toEqual({ [`+${BIA}`]: 'done', [`+${SHY}`]: 'not_group_member' })
    expect(await roles()).toMatchObject({ [`+${BIA}`]: 'admin', [`+${ANA}`]: 'member' })
    expect(await change('demote', [BIA])).toEqual({ [`+${BIA}`]: 'done' })
    expect(await change('remove', [ANA, SHY])).toEqual({ [`+${ANA}`]: 'done', [`+${SHY}`]: 'unchanged' })
    expect(Object.keys(await roles()).sort()).toEqual([`+${OWN}`, `+${BIA}`].sort())
    expect(await change('demote', [OWN])).toEqual({ [`+${OWN}`]: 'group_owner' })
  })

  test('is listed, and shown as it is now: what others change is seen at once', async () => {
    const { id } = await create('Seen', [ANA])
    const list = await runOperation(fleet, sessionId, 'listGroups', {})
    expect(list.data.find((group) => group.id === id)).toMatchObject({ subject: 'Seen', size: 2, role: 'owner' })
    expect((await runOperation(fleet, sessionId, 'getGroup', { groupId: id })).subject).toBe('Seen')
    await fleet.simulator.control('POST', `groups/${id}/participants`, {
      by: OWN,
      action: 'promote',
      participants: [ANA],
    })
    await fleet.simulator.control('POST', `groups/${id}`, { by: ANA, subject: 'Renamed' })
    await until('the new subject', async () => {
      const group = await runOperation(fleet, sessionId, 'getGroup', { groupId: id })
      return group.subject === 'Renamed' && group.participants.some(({ role }) => role === 'admin')
    })
    const told = await until('the event', async () =>
      (await fleet.readEvents(sessionId)).find(
        ({ type, data }) => type === 'group.updated' && JSON.stringify(data).includes('Renamed'),
      ),
    )
    expect(told.data).toMatchObject({ group: { jid: id }, changes: [{ change: 'subjectChanged', subject: 'Renamed' }] })
  })

  test('is written to as it is: who was just added reads the next message, who was removed does not', async () => {
    const { id } = await create('Written', [ANA])
    const chat = { contactId: null, phone: null, lid: null, jid: id, kind: 'group' as const }
    const write = async (text: string): Promise<string> => {
      const row = await fleet.accept(sessionId, ANA, text, { to: chat, chat })
      await fleet.untilMessage(row.id, ['sent', 'delivered'])
      return row.whatsappId
    }
    const reads = async (phone: string, whatsappId: string, text: string) =>
      until(`${phone} reads`, async () => (await fleet.simulator.inbox(phone, whatsappId)).some((m) => m.text === text))
    const change = (action: 'add' | 'remove', phone: string) =>
      runOperation(fleet, sessionId, 'changeGroupParticipants', { groupId: id, action, participants: [person(phone)] })
    await reads(ANA, await write('to Ana'), 'to Ana')
    await change('add', BIA)
    const second = await write('to both')
    await Promise.all([reads(ANA, second, 'to both'), reads(BIA, second, 'to both')])
    await change('remove', ANA)
    const third = await write('to Bia')
    await reads(BIA, third, 'to Bia')
    expect(await fleet.simulator.inbox(ANA, third)).toEqual([])
  })

  test('has a picture that members see, until it is removed', async () => {
    const { id } = await create('Picture', [ANA])
    const jpeg = makeJpeg(640, 640, 7)
    const input = { groupId: id, imageBase64: jpeg.toString('base64') }
    expect(await runOperation(fleet, sessionId, 'setGroupPicture', input)).toEqual({ groupId: id })
    const sent = (await fleet.simulator.wire(OWN)).filter(
      ({ attrs }) => attrs.xmlns === 'w:profile:picture' && attrs.target === id,
    )
    expect(sent).toHaveLength(1)
    expect(await runOperation(fleet, sessionId, 'removeGroupPicture', { groupId: id })).toEqual({ groupId: id })
  })
})

describe('invites', () => {
  test('lead into a group until they are revoked', async () => {
    const other = await fleet.simulator.control('POST', 'groups', {
      creator: ANA,
      subject: 'Open',
      participants: [BIA],
    })
    const code = other.inviteCode
    expect(await runOperation(fleet, sessionId, 'getGroupInviteInfo', { code })).toMatchObject({
      id: other.jid,
      subject: 'Open',
      size: 2,
      role: null,
    })
    expect(await runOperation(fleet, sessionId, 'joinGroup', { code })).toEqual({
      groupId: other.jid,
      status: 'joined',
    })
    expect((await groupSeen(other.jid)).members).toContainEqual({ phone: `+${OWN}`, role: 'member' })
    await fleet.simulator.control('POST', `groups/${other.jid}`, { by: ANA, joinApproval: true, revokeInvite: true })
    expect(await failOperation(fleet, sessionId, 'joinGroup', { code })).toBe('invalid_invite')
    expect(await failOperation(fleet, sessionId, 'getGroupInviteInfo', { code })).toBe('invalid_invite')
    await runOperation(fleet, sessionId, 'leaveGroup', { groupId: other.jid })
    const { inviteCode } = await groupSeen(other.jid)
    expect(await runOperation(fleet, sessionId, 'joinGroup', { code: inviteCode })).toEqual({
      groupId: other.jid,
      status: 'requested',
    })
  })

  test('of our own group are read and revoked', async () => {
    const { id } = await create('Ours', [ANA])
    const first = await runOperation(fleet, sessionId, 'getGroupInvite', { groupId: id })
    expect(first).toEqual({ groupId: id, code: first.code, link: `https://chat.whatsapp.com/${first.code}` })
    const second = await runOperation(fleet, sessionId, 'revokeGroupInvite', { groupId: id })
    expect(second.code).not.toBe(first.code)
    expect((await groupSeen(id)).inviteCode).toBe(second.code)
  })
})

describe('requests to join', () => {
  test.each(['pn', 'lid'])(
    'are told, listed and answered in a group by %s, each person with a result',
    async (addressing) => {
      const made = { creator: ANA, subject: 'Asked for', participants: [OWN], addressing }
      const { jid: id } = await fleet.simulator.control('POST', 'groups', made)
      const promotion = { by: ANA, action: 'promote', participants: [OWN] }
      await fleet.simulator.control('POST', `groups/${id}/participants`, promotion)
      await runOperation(fleet, sessionId, 'updateGroup', { groupId: id, changes: { joinApproval: true } })
      for (const phone of [BIA, SHY])
        await fleet.simulator.control('POST', `groups/${id}/participants`, {
          by: phone,
          action: 'join',
          participants: [],
        })
      const { data } = await runOperation(fleet, sessionId, 'listGroupJoinRequests', { groupId: id })
      expect(data).toEqual(
        [BIA, SHY].map(() => ({
          participant: expect.objectContaining({
            kind: 'user',
            jid: expect.stringContaining(addressing === 'lid' ? '@lid' : '@s.'),
          }),
          method: 'invite_link',
          requestedAt: expect.any(String),
        })),
      )
      const decide = async (action: 'approve' | 'reject', phones: readonly string[]) =>
        statuses(
          (
            await runOperation(fleet, sessionId, 'decideGroupJoinRequests', {
              groupId: id,
              action,
              participants: phones.map(person),
            })
          ).results,
        )
      expect(await decide('approve', [BIA, ABSENT])).toEqual({
        [`+${BIA}`]: 'done',
        [`+${ABSENT}`]: 'recipient_not_on_whatsapp',
      })
      expect((await groupSeen(id)).members).toContainEqual({ phone: `+${BIA}`, role: 'member' })
      expect(await decide('reject', [SHY, BIA])).toEqual({ [`+${SHY}`]: 'done', [`+${BIA}`]: 'unchanged' })
      expect((await groupSeen(id)).members).not.toContainEqual({ phone: `+${SHY}`, role: 'member' })
      expect((await runOperation(fleet, sessionId, 'listGroupJoinRequests', { groupId: id })).data).toEqual([])
      await until('both were told of', async () => {
        const told = (await fleet.readEvents(sessionId)).filter(({ data }) =>
          JSON.stringify(data).includes('joinRequested'),
        )
        return told.length === 2
      })
    },
  )
})

describe('a group that does not let us', () => {
  test('says not_group_admin to a member, and not_group_member to a stranger', async () => {
    const { jid } = await fleet.simulator.control('POST', 'groups', {
      creator: ANA,
      subject: 'Theirs',
      participants: [OWN],
    })
    const rename = { groupId: jid, changes: { announcementsOnly: true } }
    const add = { groupId: jid, action: 'add' as const, participants: [person(BIA)] }
    expect(await failOperation(fleet, sessionId, 'updateGroup', rename)).toBe('not_group_admin')
    expect(await failOperation(fleet, sessionId, 'changeGroupParticipants', add)).toBe('not_group_admin')
    expect(await failOperation(fleet, sessionId, 'getGroupInvite', { groupId: jid })).toBe('not_group_admin')
    expect(await failOperation(fleet, sessionId, 'listGroupJoinRequests', { groupId: jid })).toBe('not_group_admin')
    expect(await runOperation(fleet, sessionId, 'leaveGroup', { groupId: jid })).toEqual({ groupId: jid })
    expect((await groupSeen(jid)).members).not.toContainEqual({ phone: `+${OWN}`, role: 'member' })
    for (const [kind, input] of [
      ['leaveGroup', { groupId: jid }],
      ['getGroup', { groupId: jid }],
      ['updateGroup', rename],
      ['changeGroupParticipants', add],
      ['getGroup', { groupId: '120363000000000000@g.us' }],
    ] as const)
      expect(await failOperation(fleet, sessionId, kind, input as never)).toBe('not_group_member')
  })
})

test('nothing of all this was more than a real server would have taken', async () => {
  expect(await fleet.simulator.violations()).toEqual([])
})
