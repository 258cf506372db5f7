import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { decryptedBy, type LinkedTenant, startLinkedTenant } from '../support/linked-tenant.ts'
import { readAllEvents } from '../support/session.ts'
import { jpeg, mp4, opus, pdf } from './files.ts'
import { OPTION_CASES, type OptionWorld, type Place, TIMER_SECONDS } from './option-cases.ts'

/** What a message may be besides its type, in both directions: verified as in message-types.test.ts. */
const PHONE = '+5511900000001'
const CONTACT = '+5511988887777'
let line: LinkedTenant
let api: LinkedTenant['api']
let simulator: LinkedTenant['simulator']
let sessionId: string
let group: string
let files: Pick<OptionWorld, 'image' | 'video' | 'voice' | 'document'>

const says = (draft: Record<string, unknown>) => simulator.call('POST', `/contacts/${CONTACT}/send`, draft)
const eventOf = (what: string, fits: (event: { type: string; data: Record<string, never> }) => boolean) =>
  eventually(what, async () => (await readAllEvents(api, sessionId)).find(fits))

beforeAll(async () => {
  line = await startLinkedTenant({ name: 'Options', phone: PHONE, contacts: [CONTACT] })
  ;({ api, simulator, sessionId } = line)
  group = (await simulator.call('POST', '/groups', { creator: CONTACT, subject: 'Options', participants: [PHONE] })).jid
  // Both chats have a timer: a message that forgets it is the failure of one line below.
  await simulator.call('POST', `/groups/${group}`, { by: CONTACT, ephemeralSeconds: TIMER_SECONDS })
  await says({
    to: PHONE,
    message: { protocolMessage: { type: 'EPHEMERAL_SETTING', ephemeralExpiration: TIMER_SECONDS } },
  })
  await eventOf('the timer of the chat', ({ type }) => type === 'chat.updated')
  await eventOf('the timer of the group', ({ data }) => JSON.stringify(data).includes('"ephemeral"'))
  files = {
    image: await upload(jpeg(), 'image/jpeg'),
    video: await upload(mp4(), 'video/mp4'),
    voice: await upload(opus(), 'audio/ogg'),
    document: await upload(pdf(), 'application/pdf'),
  }
})
afterAll(() => line?.stop())

const upload = async (bytes: Buffer, mimetype: string): Promise<string> => {
  const media = await api.post('/v1/media', { mimetype, sizeBytes: bytes.length })
  const { 'content-length': _length, ...headers } = media.upload.headers
  await fetch(media.upload.url, { method: media.upload.method, headers, body: new Uint8Array(bytes) })
  return media.id
}

const decrypted = async (whatsappId: string) => (await decryptedBy(simulator, CONTACT, whatsappId)).content

const PLACES: Record<Place, { to: () => string; simulated: () => string; chat: () => Record<string, unknown> }> = {
  two: { to: () => CONTACT, simulated: () => PHONE, chat: () => ({ phone: CONTACT, kind: 'user' }) },
  group: { to: () => group, simulated: () => group, chat: () => ({ jid: group, kind: 'group' }) },
  status: { to: () => 'status', simulated: () => 'status', chat: () => ({ kind: 'status' }) },
}

const worlds = new Map<Place, Promise<OptionWorld>>()
const worldIn = (place: Place): Promise<OptionWorld> => {
  const world = worlds.get(place) ?? makeWorld(place)
  worlds.set(place, world)
  return world
}
const makeWorld = async (place: Place): Promise<OptionWorld> => {
  const nothing = { id: '', whatsappId: '' }
  if (place === 'status') return { ...files, own: nothing, theirs: nothing }
  const { to, simulated } = PLACES[place]
  const image = { mediaId: files.image, caption: 'ours' }
  const own = await api.post('/v1/messages', { sessionId, to: to(), type: 'image', image })
  await decrypted(own.whatsappId)
  const { whatsappId } = await says({
    to: simulated(),
    media: { kind: 'image', dataBase64: jpeg().toString('base64'), caption: 'theirs' },
  })
  const { data } = await eventOf(
    'their image',
    (event) => (event.data.message as { whatsappId?: string } | undefined)?.whatsappId === whatsappId,
  )
  return { ...files, own, theirs: (data as unknown as { message: OptionWorld['theirs'] }).message }
}

const lines = OPTION_CASES.flatMap((one) => one.places.map((place) => ({ ...one, place })))

describe.each(lines)('$name ($place)', ({ type, place, sent, received }) => {
  const { to, simulated, chat } = PLACES[place]

  it('is sent: the contact decrypts it', async () => {
    const world = await worldIn(place)
    const audience = place === 'status' ? { audience: [CONTACT] } : {}
    const message = await api.post('/v1/messages', { sessionId, to: to(), ...audience, type, ...sent.body(world) })
    expect(await decrypted(message.whatsappId)).toMatchObject(sent.content(world))
  })

  it('is received: the event says it', async () => {
    const world = await worldIn(place)
    const audience = place === 'status' ? { audience: [PHONE] } : {}
    const { whatsappId } = await says({ to: simulated(), ...audience, ...received.draft(world) })
    const event = await eventOf(
      'the message',
      ({ type, data }) =>
        type === 'message.received' && (data.message as { whatsappId?: string } | undefined)?.whatsappId === whatsappId,
    )
    expect((event.data as { message: unknown }).message).toMatchObject({
      type,
      from: { phone: CONTACT },
      chat: chat(),
      ...received.message(world),
    })
  })
})

it('a file that came in is forwarded: the contact opens the same bytes, shown as forwarded', async () => {
  const { theirs } = await worldIn('two')
  const message = await api.post(`/v1/messages/${theirs.id}/forward`, { to: group })
  const content = await decrypted(message.whatsappId)
  const { data } = await simulator.call('GET', `/phones/${PHONE}/inbox?whatsappId=${theirs.whatsappId}`)
  expect(content.imageMessage).toMatchObject({
    caption: 'theirs',
    fileSha256: data[0].content.imageMessage.fileSha256,
    contextInfo: { isForwarded: true, expiration: TIMER_SECONDS },
  })
})
