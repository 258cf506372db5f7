import { randomBytes } from 'node:crypto'
import { type AnyMessageContent, downloadMediaMessage, type WAMessage } from '@whiskeysockets/baileys'
import pino from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { BaileysClient } from './testing/baileys-client.ts'
import type { ControlClient } from './testing/control-client.ts'
import { type Fixture, inboxOf, received, startFixture, violationsOf } from './testing/fixture.ts'
import { trustMediaHost } from './testing/trust-media.ts'
import { until } from './testing/until.ts'

let fixture: Fixture
let control: ControlClient
let client: BaileysClient
let number = 0
beforeAll(async () => {
  fixture = await startFixture()
  trustMediaHost(fixture.simulator.mediaCaPem)
})
beforeEach(async () => {
  control = fixture.control.in(`media-${(number += 1)}`)
  client = await fixture.linkedClient(control, PHONE)
})
afterAll(() => fixture.stop())

const PHONE = '5511900000001'
const CONTACT = '5511988887777'
const CONTACT_JID = `${CONTACT}@s.whatsapp.net`
const logger = pino({ level: 'silent' }) as never

const download = (message: WAMessage) =>
  downloadMediaMessage(message, 'buffer', {}, { logger, reuploadRequest: client.socket.updateMediaMessage })

async function inbound(id: string): Promise<WAMessage> {
  return until(`message ${id}`, () =>
    client.upserts.flatMap(({ messages }) => messages).find(({ key, message }) => key.id === id && message),
  )
}

const jpegThumbnail = ''
const file = randomBytes(70_001)
const outgoing: [string, AnyMessageContent][] = [
  ['image', { image: file, caption: 'look', jpegThumbnail, width: 1, height: 1 }],
  ['video', { video: file, mimetype: 'video/mp4', jpegThumbnail, seconds: 2 }],
  ['audio', { audio: file, mimetype: 'audio/ogg; codecs=opus', ptt: true, seconds: 3 }],
  ['document', { document: file, mimetype: 'application/pdf', fileName: 'a.pdf' }],
  ['sticker', { sticker: file }],
  ['image', { image: file, viewOnce: true, jpegThumbnail, width: 1, height: 1 }],
]

test('what the client uploads the contact opens, byte for byte, for every kind', async () => {
  for (const [kind, content] of outgoing) {
    const id = (await client.socket.sendMessage(CONTACT_JID, content))!.key.id!
    const entry = await received(control, CONTACT, ({ whatsappId }) => whatsappId === id)
    expect(entry.media).toMatchObject({ kind, fileLength: file.length })
    expect((await control.bytes(`/contacts/${CONTACT}/inbox/${id}/media`)).equals(file)).toBe(true)
  }
  expect(await violationsOf(control)).toEqual([])
})

test('what a contact sends the client downloads, byte for byte, for every kind', async () => {
  for (const kind of ['image', 'video', 'audio', 'voice', 'document', 'sticker']) {
    const media = { kind, dataBase64: file.toString('base64'), viewOnce: kind === 'image' }
    await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, media, id: `IN-${kind}` })
    const message = await inbound(`IN-${kind}`)
    expect((await download(message)).equals(file)).toBe(true)
  }
})

test('an expired file is a 410 until the phone has uploaded it again; an offline phone does so when it is back', async () => {
  const media = { kind: 'document', dataBase64: file.toString('base64') }
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, media, id: 'OLD1' })
  const message = await inbound('OLD1')
  // rc14 takes the host of a re-uploaded file from its last media_conn, else the public one.
  await client.socket.refreshMediaConn()
  for (const status of [410, 404]) {
    const { data } = await control.call<{ data: { mediaId: string }[] }>('GET', '/media')
    for (const { mediaId } of data) await control.call('POST', `/media/${mediaId}/expire`, { status })
    await expect(download(message)).rejects.toMatchObject({ output: { statusCode: status } })
    await control.call('POST', `/phones/${PHONE}/offline`)
    const updated = client.socket.updateMediaMessage(message)
    await until('the request', async () => (await control.call('GET', '/state')).uploadRequests === 1)
    await control.call('POST', `/phones/${PHONE}/online`)
    expect((await download(await updated)).equals(file)).toBe(true)
  }
})

test('the phone refuses to upload what it does not know, or what somebody asks for without the key', async () => {
  const media = { kind: 'image', dataBase64: file.toString('base64') }
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, media, id: 'REAL1' })
  const message = await inbound('REAL1')
  const unknown = { ...message, key: { ...message.key, id: 'NEVER1' } }
  await expect(client.socket.updateMediaMessage(unknown)).rejects.toMatchObject({ output: { statusCode: 404 } })
  message.message!.imageMessage!.mediaKey = randomBytes(32)
  await expect(client.socket.updateMediaMessage(message)).rejects.toMatchObject({ output: { statusCode: 412 } })
})

test('uploads and downloads fail as a fault says, and a file is readable from the middle', async () => {
  await control.call('POST', '/faults', { kind: 'mediaUpload', code: 500 })
  const document = { document: file, mimetype: 'text/plain', fileName: 'x' }
  await expect(client.socket.sendMessage(CONTACT_JID, document)).rejects.toThrow('Media upload failed on all hosts')
  const id = (await client.socket.sendMessage(CONTACT_JID, document))!.key.id!
  const entry = await received(control, CONTACT, ({ whatsappId }) => whatsappId === id)
  await control.call('POST', '/faults', { kind: 'mediaDownload', code: 503 })
  const url = `${fixture.simulator.mediaUrl}${entry.content.documentMessage.directPath}`
  expect((await fetch(url)).status).toBe(503)
  const part = await fetch(url, { headers: { range: 'bytes=16-31' } })
  expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 16])
  const foreign = await fetch(`${fixture.simulator.mediaUrl}/mms/image/abc?auth=1.00`, { method: 'POST', body: 'x' })
  expect(foreign.status).toBe(401)
  expect((await inboxOf(control, CONTACT)).length).toBe(1)
})
