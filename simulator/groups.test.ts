import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BaileysClient } from './testing/baileys-client.ts'
import type { ControlClient } from './testing/control-client.ts'
import { type Fixture, inboxOf, startFixture, violationsOf, wireOf } from './testing/fixture.ts'
import { until } from './testing/until.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await startFixture()
})
afterAll(() => fixture.stop())

const PHONE = '5511900000001'
const ANA = '5511988887777'
const BEN = '5511977776666'
const jid = (phone: string) => `${phone}@s.whatsapp.net`

async function textsOf(control: ControlClient, phone: string): Promise<(string | null)[]> {
  return (await inboxOf(control, phone)).map(({ text }) => text)
}

describe.each(['pn', 'lid'] as const)('a group addressed by %s', (addressing) => {
  let control: ControlClient
  let client: BaileysClient
  let group: string
  beforeAll(async () => {
    control = fixture.control.in(`group-${addressing}`)
    client = await fixture.linkedClient(control, PHONE)
    const body = { creator: ANA, subject: 'Team', participants: [PHONE, BEN], addressing }
    group = (await control.call<{ jid: string }>('POST', '/groups', body)).jid
  })

  test('members really decrypt what the client writes, also the second message under the same sender key', async () => {
    for (const text of ['first', 'second']) await client.socket.sendMessage(group, { text })
    for (const phone of [ANA, BEN]) {
      await until('both', async () => (await inboxOf(control, phone)).length === 2)
      expect(await textsOf(control, phone)).toEqual(['first', 'second'])
    }
    const own = await until('own copies', async () => {
      const entries = await inboxOf(control, PHONE)
      return entries.length === 2 && entries
    })
    expect(own.every(({ ownCopy }) => ownCopy)).toBe(true)
    const frames = (await wireOf(control, 'tag=message')).filter(({ direction }) => direction === 'in')
    expect(frames.map(({ recipients }) => recipients!.some(({ jid }) => jid === group))).toEqual([true, true])
    expect(frames[1]!.recipients).toHaveLength(1)
    expect(await violationsOf(control)).toEqual([])
  })

  test('the client decrypts what members write and knows who did, by both addresses', async () => {
    for (const [phone, text] of [
      [ANA, 'from ana'],
      [BEN, 'from ben'],
      [ANA, 'ana again'],
    ])
      await control.call('POST', `/contacts/${phone}/send`, { to: group, text })
    await until('all', () => client.texts('notify').length === 3)
    expect(client.texts('notify')).toEqual(['from ana', 'from ben', 'ana again'])
    const lid = (await control.call<{ lid: string }>('GET', `/contacts/${ANA}`)).lid
    const { key } = client.upserts
      .flatMap(({ messages }) => messages)
      .find(({ message }) => message?.conversation === 'from ana')!
    const both = [key.participant, key.participantAlt]
    expect(both).toEqual(addressing === 'lid' ? [lid, jid(ANA)] : [jid(ANA), lid])
    await until('empty queue', async () => (await control.call('GET', '/state')).queuedForDevices === 0)
    const copies = (await inboxOf(control, BEN)).filter(({ from }) => from === `+${ANA}`)
    expect(copies.map(({ text }) => text)).toEqual(['from ana', 'ana again'])
  })

  test('each member confirms and reads for itself', async () => {
    const id = (await client.socket.sendMessage(group, { text: 'confirm' }))!.key.id!
    const members = await Promise.all(
      [ANA, BEN].map((phone) => control.call<{ lid: string }>('GET', `/contacts/${phone}`)),
    )
    const addresses = addressing === 'lid' ? members.map(({ lid }) => lid) : [ANA, BEN].map(jid)
    const receipts = async (type: string | undefined) =>
      (await wireOf(control, `tag=receipt&id=${id}`))
        .filter(({ direction, attrs }) => direction === 'out' && attrs.type === type && attrs.from === group)
        .map(({ attrs }) => attrs.participant)
    await until('two receipts', async () => (await receipts(undefined)).length === 2)
    expect((await receipts(undefined)).sort()).toEqual(addresses.sort())
    const read = new Promise<string>((resolve) => {
      client.socket.ev.on('message-receipt.update', ([update]) => {
        if (update?.receipt.readTimestamp) resolve(update.receipt.userJid ?? '')
      })
    })
    await control.call('POST', `/contacts/${BEN}/read`, { whatsappId: id })
    expect(await read).toBe(addressing === 'lid' ? members[1]!.lid : jid(BEN))
  })

  test('a member that lost the sender key asks again and gets the message', async () => {
    await client.auth.keys.set({ 'sender-key-memory': { [group]: { ...(await everyone()) } } } as never)
    const cleo = '5511966665555'
    await control.call('POST', `/groups/${group}/participants`, { by: ANA, action: 'add', participants: [cleo] })
    const cleoLid = (await control.call<{ lid: string }>('GET', `/contacts/${cleo}`)).lid
    const cleoJid = addressing === 'lid' ? cleoLid : jid(cleo)
    const memory = await client.auth.keys.get('sender-key-memory', [group])
    await client.auth.keys.set({ 'sender-key-memory': { [group]: { ...memory[group], [cleoJid]: true } } } as never)
    await client.socket.sendMessage(group, { text: 'for cleo too' })
    await until('cleo', async () => (await textsOf(control, cleo)).includes('for cleo too'))
    const retries = await wireOf(control, 'tag=receipt')
    expect(retries.some(({ attrs }) => attrs.type === 'retry' && attrs.participant === cleoJid)).toBe(true)
  })

  async function everyone(): Promise<Record<string, boolean>> {
    return (await client.auth.keys.get('sender-key-memory', [group]))[group] ?? {}
  }

  test('a client that lost a sender key asks the member again and gets the message', async () => {
    const snapshot = JSON.parse(client.snapshot()) as [unknown, [string, string][]]
    const ids = snapshot[1].flatMap(([key]) => (key.startsWith(`sender-key:${group}`) ? [key.slice(11)] : []))
    expect(ids.length).toBeGreaterThan(1)
    await client.auth.keys.set({ 'sender-key': Object.fromEntries(ids.map((id) => [id, null])) } as never)
    await control.call('POST', `/contacts/${BEN}/send`, { to: group, text: 'after the loss' })
    await until('text', () => client.texts().includes('after the loss'))
    await until('empty queue', async () => (await control.call('GET', '/state')).queuedForDevices === 0)
  })
})

test('the client creates a group, changes everything about it, and sees each person’s own result', async () => {
  const control = fixture.control.in('administration')
  const client = await fixture.linkedClient(control, PHONE)
  await control.call('POST', '/contacts', { phone: BEN, groupAdd: 'nobody' })
  await control.call('POST', '/contacts', { phone: '5511911110000', onWhatsApp: false })
  const { socket } = client
  const updates: string[] = []
  socket.ev.on('groups.update', (list) => updates.push(...list.flatMap((update) => Object.keys(update))))
  const created = await socket.groupCreate('New', [jid(ANA)])
  const group = created.id
  expect(created.participants.map(({ id, admin }) => [id, admin])).toEqual([
    [jid(PHONE), 'superadmin'],
    [jid(ANA), null],
  ])
  const added = await socket.groupParticipantsUpdate(group, [jid(BEN), jid('5511911110000'), jid(ANA)], 'add')
  expect(added.map(({ status }) => status)).toEqual(['403', '404', '409'])
  expect((await socket.groupParticipantsUpdate(group, [jid(ANA)], 'promote'))[0]!.status).toBe('200')
  await socket.groupUpdateSubject(group, 'Newer')
  await socket.groupUpdateDescription(group, 'What it is about')
  await socket.groupSettingUpdate(group, 'announcement')
  await socket.groupSettingUpdate(group, 'locked')
  await socket.groupToggleEphemeral(group, 86_400)
  await socket.groupMemberAddMode(group, 'all_member_add')
  await until('the last change', () => updates.includes('memberAddMode'))
  const metadata = await socket.groupMetadata(group)
  expect(metadata).toMatchObject({
    subject: 'Newer',
    desc: 'What it is about',
    announce: true,
    restrict: true,
    ephemeralDuration: 86_400,
    memberAddMode: true,
    owner: jid(PHONE),
  })
  expect(metadata.participants.find(({ id }) => id === jid(ANA))!.admin).toBe('admin')
  expect(Object.keys(await socket.groupFetchAllParticipating())).toEqual([group])
  const code = (await socket.groupInviteCode(group))!
  expect((await socket.groupGetInviteInfo(code)).subject).toBe('Newer')
  expect(await socket.groupRevokeInvite(group)).not.toBe(code)
  await expect(socket.groupGetInviteInfo(code)).rejects.toThrow('not-acceptable')
  await socket.groupUpdateDescription(group)
  expect((await socket.groupMetadata(group)).desc).toBeUndefined()
  await socket.groupLeave(group)
  await expect(socket.groupMetadata(group)).rejects.toThrow('forbidden')
  const id = (await socket.relayMessage(group, { conversation: 'x' }, { messageId: 'LEFT1' }).catch(() => 'refused'))!
  expect(id).toBe('refused')
  expect(await violationsOf(control)).toEqual([])
})

test('joining by link, with approval or without, removal and announcement-only are as the group says', async () => {
  const control = fixture.control.in('joining')
  const client = await fixture.linkedClient(control, PHONE)
  const { jid: group, inviteCode } = await control.call<{ jid: string; inviteCode: string }>('POST', '/groups', {
    creator: ANA,
    subject: 'Closed',
  })
  expect(await client.socket.groupAcceptInvite(inviteCode)).toBe(group)
  await control.call('POST', `/contacts/${ANA}/send`, { to: group, text: 'welcome' })
  await until('welcome', () => client.texts().includes('welcome'))
  const cached = await client.socket.groupMetadata(group)
  await control.call('POST', `/groups/${group}`, { by: ANA, announce: true })
  await client.socket.relayMessage(group, { conversation: 'may I' }, { messageId: 'ANNOUNCE1' })
  const refused = await until('nack', () => client.acks.find(({ attrs }) => attrs.id === 'ANNOUNCE1'))
  expect(refused.attrs.error).toBe('403')
  expect(cached.announce).toBe(false)
  await control.call('POST', `/groups/${group}/participants`, { by: ANA, action: 'remove', participants: [PHONE] })
  await expect(client.socket.groupMetadata(group)).rejects.toThrow('forbidden')
  await control.call('POST', `/contacts/${ANA}/send`, { to: group, text: 'without you' })
  expect(client.texts()).not.toContain('without you')
  const own = await client.socket.groupCreate('Mine', [])
  await client.socket.groupJoinApprovalMode(own.id, 'on')
  await control.call('POST', `/groups/${own.id}/participants`, { by: BEN, action: 'join' })
  const requests = await client.socket.groupRequestParticipantsList(own.id)
  expect(requests.map((request) => request.jid)).toEqual([jid(BEN)])
  expect(await client.socket.groupRequestParticipantsUpdate(own.id, [jid(BEN), jid(ANA)], 'approve')).toEqual([
    { status: '200', jid: jid(BEN) },
    { status: '404', jid: jid(ANA) },
  ])
  expect((await client.socket.groupMetadata(own.id)).participants.map(({ id }) => id)).toEqual([jid(PHONE), jid(BEN)])
})
