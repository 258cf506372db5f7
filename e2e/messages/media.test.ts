import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, makeApi } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'
import { linkSession, readAllEvents } from '../support/session.ts'
import { makeSimulator } from '../support/simulator.ts'
import { jpeg, mp3, pdf, webp } from './files.ts'
import { KINDS } from './media-kinds.ts'
import { bombPng, mp4Facts, realJpeg, realMp3, realOpus } from './real-files.ts'

/** Files in both directions, in a chat of two and in a group: the bytes that were uploaded are the bytes that arrive. */
const PHONE = '+5511900000001'
const CONTACT = '+5511988887777'
const run = promisify(execFile)
const dataDir = temporaryDataDir()
const served = new Map<string, { readonly body: Buffer; readonly type: string; readonly status?: number }>()
let platform: Platform
let api: Api
let apiKey: string
let simulator: ReturnType<typeof makeSimulator>
let namespace: string
let sessionId: string
let group: string
let server: Server
let files: string

beforeAll(async () => {
  server = createServer((request, response) => {
    const file = served.get(request.url ?? '')
    response.writeHead(file?.status ?? (file ? 200 : 404), { 'content-type': file?.type ?? 'text/plain' })
    response.end(file?.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  files = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  platform = await startPlatform({ dataDir })
  const admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
  namespace = (await admin.post('/v1/tenants', { name: 'Files' })).id
  const { key } = await admin.post(`/v1/tenants/${namespace}/keys`, { name: 'e2e', mode: 'test', scopes: ['*'] })
  apiKey = key
  api = makeApi(platform.ready.apiUrl, key)
  simulator = makeSimulator(platform.ready.simulator.controlUrl, namespace)
  sessionId = await linkSession(api, PHONE)
  await simulator.call('POST', '/contacts', { phone: CONTACT })
  group = (await simulator.call('POST', '/groups', { creator: CONTACT, subject: 'Files', participants: [PHONE] })).jid
})
afterAll(async () => {
  await platform?.stop()
  server?.close()
  removeDataDir(dataDir)
})

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const upload = async (bytes: Buffer, mimetype: string, more: Record<string, unknown> = {}): Promise<string> => {
  const media = await api.post('/v1/media', { mimetype, sizeBytes: bytes.length, sha256: sha256(bytes), ...more })
  const { 'content-length': _length, ...headers } = media.upload.headers
  const put = await fetch(media.upload.url, { method: media.upload.method, headers, body: new Uint8Array(bytes) })
  expect(put.status, await put.text()).toBe(200)
  return media.id
}

/** The file of a message as the contact opens it: hashes, length and MAC are checked by the simulator. */
const opened = (whatsappId: string) =>
  eventually(`the contact opens ${whatsappId}`, async () => {
    const response = await fetch(
      `${platform.ready.simulator.controlUrl}/control/contacts/${CONTACT}/inbox/${whatsappId}/media`,
      { headers: { 'x-namespace': namespace } },
    )
    return response.ok ? Buffer.from(await response.arrayBuffer()) : null
  })

const decryptedContent = (whatsappId: string) =>
  eventually(`the contact decrypts ${whatsappId}`, async () => {
    const { data } = await simulator.call('GET', `/contacts/${CONTACT}/inbox?whatsappId=${whatsappId}`)
    return data[0]?.content ?? null
  })

const places = [
  { place: 'a chat of two', to: () => CONTACT, simulated: () => PHONE },
  { place: 'a group', to: () => group, simulated: () => group },
]

describe.each(places)('in $place', ({ place, to, simulated }) => {
  it.each(KINDS)('sends: $type', async ({ type, make, mimetype, part, field, says }) => {
    const bytes = make()
    const mediaId = await upload(bytes, mimetype)
    const message = await api.post('/v1/messages', { sessionId, to: to(), type, [type]: { mediaId, ...part } })
    expect(sha256(await opened(message.whatsappId))).toBe(sha256(bytes))
    expect((await decryptedContent(message.whatsappId))[field]).toMatchObject({ ...says, fileLength: bytes.length })
    expect((await api.get(`/v1/messages/${message.id}`))[type]).toMatchObject({ mediaId, status: 'stored' })
  })

  it.each(KINDS)('receives: $type', async ({ type, make, mimetype }) => {
    const bytes = make()
    const id = `${place === 'a group' ? 'G' : 'C'}${type.toUpperCase()}`
    const media = {
      kind: type,
      dataBase64: bytes.toString('base64'),
      mimetype,
      ...(type === 'document' ? { fileName: 'a.pdf' } : {}),
    }
    await simulator.call('POST', `/contacts/${CONTACT}/send`, { to: simulated(), id, media })
    const { message } = await eventually(
      'the message',
      async () =>
        (await readAllEvents(api, sessionId)).find(
          (event) => event.type === 'message.received' && event.data.message.whatsappId === id,
        )?.data,
    )
    expect(message).toMatchObject({
      type,
      [type]: { mimetype, sizeBytes: bytes.length, status: 'pending' },
      from: { phone: CONTACT },
    })
    const { mediaId } = message[type]
    await eventually('its file', async () =>
      (await readAllEvents(api, sessionId)).some(
        (event) => event.type === 'media.stored' && event.data.media.id === mediaId,
      ),
    )
    const stored = await api.get(`/v1/media/${mediaId}`)
    expect(stored).toMatchObject({
      status: 'stored',
      sizeBytes: bytes.length,
      sha256: sha256(bytes),
      messageId: message.id,
    })
    const download = await fetch(stored.downloadUrl)
    expect(sha256(new Uint8Array(await download.arrayBuffer()))).toBe(sha256(bytes))
    // What was received can be sent as it stands.
    const { status: _status, ...received } = (await api.get(`/v1/messages/${message.id}`))[type]
    const again = await api.post('/v1/messages', { sessionId, to: to(), type, [type]: received })
    expect(sha256(await opened(again.whatsappId))).toBe(sha256(bytes))
  })
})

describe('what a player shows before it has the file is found out for the caller', () => {
  const sent = async (type: string, mimetype: string, bytes: Buffer, part: Record<string, unknown> = {}) => {
    const mediaId = await upload(bytes, mimetype)
    const message = await api.post('/v1/messages', { sessionId, to: CONTACT, type, [type]: { mediaId, ...part } })
    expect(sha256(await opened(message.whatsappId))).toBe(sha256(bytes))
    return decryptedContent(message.whatsappId)
  }
  const pictureOf = (base64: string) => sharp(Buffer.from(base64, 'base64')).metadata()

  it('an image: its size and a thumbnail', async () => {
    const { imageMessage } = await sent('image', 'image/jpeg', await realJpeg(1_200, 800))
    expect(imageMessage).toMatchObject({ width: 1_200, height: 800 })
    expect(await pictureOf(imageMessage.jpegThumbnail)).toMatchObject({ format: 'jpeg', width: 100, height: 67 })
  })

  it('a video: its size and duration', async () => {
    const facts = { width: 640, height: 360, seconds: 9 }
    expect((await sent('video', 'video/mp4', mp4Facts(facts))).videoMessage).toMatchObject(facts)
  })

  it('an audio file: its duration', async () => {
    expect((await sent('audio', 'audio/mpeg', realMp3(4))).audioMessage.seconds).toBe(4)
  })

  it('a voice note: its duration and 64 bars', async () => {
    const { audioMessage } = await sent(
      'voice',
      'audio/ogg',
      realOpus(6, (second) => second >= 3),
    )
    expect(audioMessage).toMatchObject({ ptt: true, seconds: 6 })
    const bars = [...Buffer.from(audioMessage.waveform, 'base64')]
    expect(bars).toHaveLength(64)
    expect(Math.max(...bars.slice(0, 28))).toBeLessThan(5)
    expect(Math.min(...bars.slice(36, 60))).toBeGreaterThan(30)
  })

  it('a document that is a picture: a thumbnail', async () => {
    const { documentMessage } = await sent('document', 'image/jpeg', await realJpeg(500, 500), { fileName: 'a.jpg' })
    expect(await pictureOf(documentMessage.jpegThumbnail)).toMatchObject({ width: 100, height: 100 })
  })

  it('what the caller gave wins', async () => {
    const thumbnail = (await realJpeg(32, 32)).toString('base64')
    const image = { thumbnail, width: 7, caption: 'Mine' }
    const { imageMessage } = await sent('image', 'image/jpeg', await realJpeg(1_200, 800), image)
    expect(imageMessage).toMatchObject({ jpegThumbnail: thumbnail, width: 7, height: 800, caption: 'Mine' })
    const voice = { seconds: 99, waveform: [1, 2, 3] }
    const { audioMessage } = await sent(
      'voice',
      'audio/ogg',
      realOpus(2, () => true),
      voice,
    )
    expect(audioMessage).toMatchObject({ seconds: 99, waveform: 'AQID' })
  })

  it('a file that no decoder takes, and one that would fill the memory, go without', async () => {
    const { imageMessage } = await sent('image', 'image/jpeg', jpeg())
    expect(imageMessage.jpegThumbnail ?? null).toBeNull()
    const bomb = await sent('image', 'image/png', await bombPng(30_000))
    expect(bomb.imageMessage.jpegThumbnail ?? null).toBeNull()
  })
})

describe('files of other kinds', () => {
  it('an image that may be seen once', async () => {
    const mediaId = await upload(jpeg(), 'image/jpeg')
    const sent = await api.post('/v1/messages', {
      sessionId,
      to: CONTACT,
      type: 'image',
      image: { mediaId, viewOnce: true },
    })
    expect((await decryptedContent(sent.whatsappId)).viewOnceMessageV2.message.imageMessage.viewOnce).toBe(true)
  })

  it('a status goes to its audience alone, as text and as image', async () => {
    const audience = [CONTACT]
    const text = await api.post('/v1/messages', {
      sessionId,
      to: 'status',
      audience,
      type: 'text',
      text: { body: 'My day' },
    })
    expect((await decryptedContent(text.whatsappId)).extendedTextMessage.text).toBe('My day')
    const mediaId = await upload(jpeg(), 'image/jpeg')
    const image = await api.post('/v1/messages', {
      sessionId,
      to: 'status',
      audience,
      type: 'image',
      image: { mediaId },
    })
    await opened(image.whatsappId)
  })

  it('a file behind a URL is fetched by the platform', async () => {
    const body = jpeg(200_000)
    served.set('/photo.jpg', { body, type: 'image/jpeg' })
    const sent = await api.post('/v1/messages', {
      sessionId,
      to: CONTACT,
      type: 'image',
      image: { url: `${files}/photo.jpg` },
    })
    expect(sent.image.mediaId).toMatch(/^med_/)
    expect(sha256(await opened(sent.whatsappId))).toBe(sha256(body))
  })

  it.each([
    ['an address that answers 404', '/missing.jpg', null, 'media_fetch_failed'],
    [
      'a page in the place of a picture',
      '/page',
      { body: Buffer.from('<html>'), type: 'image/jpeg' },
      'media_type_mismatch',
    ],
    ['an empty file', '/empty', { body: Buffer.alloc(0), type: 'image/jpeg' }, 'media_empty'],
    ['a file that is too large', '/large', { body: jpeg(17 * 1024 * 1024), type: 'image/jpeg' }, 'media_too_large'],
  ])('%s fails the message with its reason', async (_name, path, file, code) => {
    if (file) served.set(path, file)
    const sent = await api.post('/v1/messages', {
      sessionId,
      to: CONTACT,
      type: 'image',
      image: { url: `${files}${path}` },
    })
    const failed = await eventually('failed', async () => {
      const message = await api.get(`/v1/messages/${sent.id}`)
      return message.status === 'failed' ? message : null
    })
    expect(failed.failure.code).toBe(code)
  })

  it('a file that WhatsApp has no more is uploaded again by the phone', async () => {
    const bytes = jpeg()
    await simulator.call('POST', `/phones/${PHONE}/offline`)
    await simulator.faults({ kind: 'mediaDownload', code: 410, count: 1 })
    await simulator.call('POST', `/phones/${PHONE}/online`)
    await simulator.call('POST', `/contacts/${CONTACT}/send`, {
      to: PHONE,
      id: 'GONE1',
      media: { kind: 'image', dataBase64: bytes.toString('base64') },
    })
    const { data } = await eventually('its file', async () =>
      (await readAllEvents(api, sessionId)).find(
        (event) => event.type === 'media.stored' && event.data.media.sha256 === sha256(bytes),
      ),
    )
    expect(data.media.status).toBe('stored')
  })
})

describe('what cannot be sent is refused at once', () => {
  const refused = async (body: Record<string, unknown>): Promise<string> => {
    const answer = await api.raw('POST', '/v1/messages', { sessionId, to: CONTACT, ...body })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    return answer.body.code
  }

  it('an unknown file, one that was not uploaded yet, one that was deleted', async () => {
    const image = (mediaId: string) => refused({ type: 'image', image: { mediaId } })
    expect(await image('med_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S')).toBe('media_not_found')
    const waiting = await api.post('/v1/media', { mimetype: 'image/jpeg', sizeBytes: 5 })
    expect(await image(waiting.id)).toBe('media_not_ready')
    const mediaId = await upload(jpeg(), 'image/jpeg')
    await api.delete(`/v1/media/${mediaId}`)
    expect(await image(mediaId)).toBe('media_expired')
  })

  it('bytes that are not what they are called, a wrong kind, a sticker of another size', async () => {
    const lie = await upload(pdf(), 'image/jpeg')
    expect(await refused({ type: 'image', image: { mediaId: lie } })).toBe('media_type_mismatch')
    const song = await upload(mp3(), 'audio/mpeg')
    expect(await refused({ type: 'voice', voice: { mediaId: song } })).toBe('media_type_mismatch')
    const small = await upload(webp(96), 'image/webp')
    expect(await refused({ type: 'sticker', sticker: { mediaId: small } })).toBe('sticker_size_wrong')
    const large = await upload(webp(512, 600_000), 'image/webp')
    expect(await refused({ type: 'sticker', sticker: { mediaId: large } })).toBe('media_too_large')
  })

  it.each([
    ['http://169.254.169.254/latest/meta-data/'],
    ['http://10.0.0.1/a.jpg'],
    ['http://[::ffff:10.0.0.1]/a.jpg'],
  ])('the private address %s', async (url) => {
    expect(await refused({ type: 'image', image: { url } })).toBe('media_url_refused')
  })

  it('other bytes than announced do not get in', async () => {
    const media = await api.post('/v1/media', { mimetype: 'image/jpeg', sizeBytes: 5_000, sha256: sha256(jpeg()) })
    const { 'content-length': _length, ...headers } = media.upload.headers
    const put = await fetch(media.upload.url, { method: 'PUT', headers, body: new Uint8Array(jpeg()) })
    expect(put.status).toBe(400)
  })
})

it('docs/message-types.md: the curl example of every type', async () => {
  const ids: Record<string, string> = {}
  for (const { type, make, mimetype } of KINDS) ids[type.toUpperCase()] = await upload(make(), mimetype)
  const own = await api.post('/v1/messages', { sessionId, to: CONTACT, type: 'text', text: { body: 'mine' } })
  await simulator.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, id: 'THEIRS', text: 'yours' })
  const { data } = await eventually('their message', async () =>
    (await readAllEvents(api, sessionId)).find((event) => event.data.message?.whatsappId === 'THEIRS'),
  )
  const page = readFileSync('docs/message-types.md', 'utf8')
  const commands = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map((match) => match[1] ?? '')
  const env = {
    ...process.env,
    ...ids,
    API: platform.ready.apiUrl,
    KEY: apiKey,
    SES: sessionId,
    OWN: own.id,
    THEIRS: data.message.id,
  }
  for (const command of commands) {
    const { stdout } = await run('bash', ['-c', command], { env })
    const message = JSON.parse(stdout)
    await decryptedContent(message.whatsappId)
  }
  expect(commands.length).toBe(13)
})
