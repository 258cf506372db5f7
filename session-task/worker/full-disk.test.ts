import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeS3Client } from '../../shared/aws/s3.ts'
import { newId } from '../../shared/core/ids.ts'
import { MediaStore } from '../../shared/media/media-store.ts'
import { MediaFiles } from '../../shared/store/media-files.ts'
import { mediaDetailsPlace, messageContentPlace } from '../../shared/store/places.ts'
import type { MediaRow } from '../../shared/store/rows/media.ts'
import { type MediaHelpers, makeMediaHelpers } from '../media/media-helpers.ts'
import { Turns } from '../session/turns.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import { trustMediaCa } from '../whatsapp/content/trust-media-ca.ts'

const CONTACT = '5511988887777'
/** what the kernel says when there is no room: every write fails with ENOSPC */
const FULL = '/dev/full'
const root = mkdtempSync(join(tmpdir(), 'fleetline-full-disk-'))
const disk = { isFull: false, refused: 0 }
let fleet: TestFleet
let helpers: MediaHelpers
let store: MediaStore

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
  trustMediaCa((await fleet.simulator.control('GET', 'media-ca')).pem)
  helpers = makeMediaHelpers()
  store = new MediaStore({ client: makeS3Client(), bucket: 'media', kmsKeyId: 'alias/fleetline' })
})
afterAll(async () => {
  helpers?.stop()
  await fleet?.stop()
  rmSync(root, { recursive: true, force: true })
})

/** On a full disk a name can still be made, and not a byte behind it be written. */
const makeFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(root, 'job-'))
  if (disk.isFull) {
    disk.refused++
    for (const name of ['encrypted', 'plain']) symlinkSync(FULL, join(folder, name))
  }
  return folder
}

/** A file that a tenant uploaded, and a message with it. */
const acceptDocument = async (sessionId: string) => {
  const [mediaId, id, now] = [newId('med'), newId('msg'), Date.now()]
  const bytes = Buffer.from('a document')
  await store.write(fleet.scope, mediaId, {
    body: Readable.from([bytes]),
    sizeBytes: bytes.length,
    mimetype: 'text/plain',
  })
  const row: MediaRow = {
    v: 1,
    tenantId: fleet.scope.tenantId,
    mode: fleet.scope.mode,
    id: mediaId,
    sessionId: null,
    messageId: null,
    source: 'upload',
    status: 'stored',
    mimetype: 'text/plain',
    sizeBytes: bytes.length,
    sha256: null,
    maximumBytes: 1_000,
    width: null,
    height: null,
    animated: null,
    opus: null,
    details: await fleet.tenantKeys.seal(fleet.scope, mediaDetailsPlace(mediaId), { fileName: 'a.txt' }),
    failure: null,
    createdAt: now,
    expiresAt: now + 3_600_000,
  }
  await new MediaFiles(fleet.tables, fleet.scope).create(row)
  const content = await fleet.tenantKeys.seal(fleet.scope, messageContentPlace(id), {
    document: { mediaId, fileName: 'a.txt', mimetype: 'text/plain' },
  })
  return fleet.accept(sessionId, CONTACT, '', { id, type: 'document', content })
}

test('a full disk holds files back, in and out, and nothing else; with room again each file is there, none was given up', async () => {
  const worker = await fleet.startWorker({
    ackTimeoutMs: 30_000,
    heartbeatFile: FULL,
    media: { store, helpers, testHost: '127.0.0.1', turns: new Turns(2), makeFolder, retryBaseMs: 2 },
  })
  const phone = '5511900008901'
  const sessionId = await fleet.linkSession(worker, phone)
  const told = async (type: string) => (await fleet.readAllEvents(sessionId)).filter((event) => event.type === type)

  disk.isFull = true
  for (let n = 0; n < 3; n++)
    await fleet.simulator.control('POST', `contacts/${CONTACT}/send`, {
      to: phone,
      media: { kind: 'image', sizeBytes: 5_000, mimetype: 'image/jpeg' },
    })
  const document = await acceptDocument(sessionId)
  // Texts go both ways meanwhile, and no file is given up however often its turn came.
  await until('many tries failed', () => disk.refused > 32, 60_000)
  const text = await fleet.accept(sessionId, CONTACT, 'on a full disk')
  await fleet.untilMessage(text.id, ['sent', 'delivered', 'read'])
  await fleet.simulator.contactSends(CONTACT, phone, 'to a full disk')
  await until('it came in', async () =>
    (await told('message.received')).some(({ data }) => data.message?.text?.body === 'to a full disk'),
  )
  expect([...(await told('media.stored')), ...(await told('media.unavailable'))]).toEqual([])
  expect((await fleet.messages.get(document.id))?.status).toBe('sending')

  disk.isFull = false
  await until('every file', async () => (await told('media.stored')).length === 3, 60_000)
  await fleet.untilMessage(document.id, ['sent', 'delivered', 'read'], 60_000)
  expect(await told('media.unavailable')).toEqual([])
  expect(await told('session.disconnected')).toEqual([])
  expect(await fleet.simulator.violations()).toEqual([])
}, 180_000)
