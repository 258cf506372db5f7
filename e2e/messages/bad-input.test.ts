import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type LinkedTenant, startLinkedTenant } from '../support/linked-tenant.ts'
import { readAllEvents } from '../support/session.ts'
import { BAD_INPUT, type BadWorld } from './bad-input-cases.ts'

/** What cannot be sent has a code of its own, said as early as it can be known, and nothing of it ever leaves. */
const PHONE = '+5511900000001'
const [CONTACT, STRANGER, ABSENT] = ['+5511988887777', '+5511977776666', '+5511955554444']
let line: LinkedTenant
let api: LinkedTenant['api']
let simulator: LinkedTenant['simulator']
let sessionId: string
let world: BadWorld

beforeAll(async () => {
  line = await startLinkedTenant({ name: 'Bad input', phone: PHONE, contacts: [CONTACT, STRANGER] })
  ;({ api, simulator, sessionId } = line)
  await simulator.call('POST', '/contacts', { phone: ABSENT, onWhatsApp: false })
  const newGroup = async (subject: string): Promise<string> =>
    (await simulator.call('POST', '/groups', { creator: CONTACT, subject, participants: [PHONE] })).jid
  const [group, leftGroup, announcements] = [await newGroup('Ours'), await newGroup('Left'), await newGroup('News')]
  await simulator.call('POST', `/groups/${announcements}`, { by: CONTACT, announce: true })
  // It was written to before, and is remembered: that must not hide that the account has left.
  const before = await send({ to: leftGroup, type: 'text', text: { body: 'bye' } })
  await untilStatus(before.id, ['sent', 'delivered', 'read'])
  await api.post(`/v1/sessions/${sessionId}/groups/${leftGroup}/leave`, {})
  const own = await send({ to: CONTACT, type: 'text', text: { body: 'mine' } })
  await untilStatus(own.id, ['sent', 'delivered', 'read'])
  await simulator.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, id: 'THEIRS', text: 'yours' })
  const theirs = await eventually('their message', async () =>
    (await readAllEvents(api, sessionId)).find((event) => event.data.message?.whatsappId === 'THEIRS'),
  )
  world = {
    contact: CONTACT,
    stranger: STRANGER,
    absent: ABSENT,
    group,
    leftGroup,
    announcements,
    own: own.id,
    theirs: theirs.data.message.id,
    upload,
    expiredMedia: async () => {
      const mediaId = await upload(Buffer.from('gone'), 'text/plain')
      await api.delete(`/v1/media/${mediaId}`)
      return mediaId
    },
    waitingMedia: async () => (await api.post('/v1/media', { mimetype: 'image/jpeg', sizeBytes: 5 })).id,
  }
})
afterAll(() => line?.stop())

const send = (body: Record<string, unknown>) => api.post('/v1/messages', { sessionId, ...body })
const untilStatus = (id: string, statuses: readonly string[]) =>
  eventually(statuses.join(' or '), async () => {
    const message = await api.get(`/v1/messages/${id}`)
    return statuses.includes(message.status) ? message : null
  })

const upload = async (bytes: Buffer, mimetype: string): Promise<string> => {
  // An empty file is announced as one byte: that it is empty shows when it is there.
  const sizeBytes = Math.max(1, bytes.length)
  const checksum = bytes.length > 0 ? { sha256: createHash('sha256').update(bytes).digest('hex') } : {}
  const media = await api.post('/v1/media', { mimetype, sizeBytes, ...checksum })
  const { 'content-length': _length, ...headers } = media.upload.headers
  await fetch(media.upload.url, { method: media.upload.method, headers, body: new Uint8Array(bytes) })
  return media.id
}

/** S3 refuses an upload whose length is not the one that was signed, the embedded one lets it in (docs/localstack.md). */
const isNotThere = (what: string): boolean => what === 'an empty file' && Boolean(process.env.FLEETLINE_E2E_READY)

describe.each(BAD_INPUT)('$what', ({ what, code, when, body }) => {
  it.skipIf(isNotThere(what))(
    when === 'request' ? `is refused at once: ${code}` : `fails before anything leaves: ${code}`,
    async () => {
      const { status, body: answer } = await api.raw('POST', '/v1/messages', { sessionId, ...(await body(world)) })
      if (when === 'request') {
        expect([Math.floor(status / 100), answer.code]).toEqual([4, code])
        // No half of it stays.
        expect(answer.id).toBeUndefined()
        return
      }
      expect(status).toBe(202)
      const { failure, sentAt } = await untilStatus(answer.id, ['failed', 'unknown', 'sent', 'delivered', 'read'])
      expect({ failure: failure?.code, sentAt }).toEqual({ failure: code, sentAt: null })
      const { data } = await simulator.call('GET', `/wire?id=${answer.whatsappId}`)
      expect(data).toEqual([])
    },
  )
})

it('docs/messages.md has a line for each, and no other', () => {
  const page = readFileSync('docs/messages.md', 'utf8')
  const table = page.slice(page.indexOf('## What cannot be sent'))
  const lines = [...table.matchAll(/^\| (.+) \| `(\w+)` \| (.+) \|$/gm)].map(([, what, code, when]) => [
    what,
    code,
    when,
  ])
  const wanted = BAD_INPUT.map(({ what, code, when }) => [what, code, when === 'request' ? 'the request' : 'its end'])
  expect(lines).toEqual(wanted)
})
