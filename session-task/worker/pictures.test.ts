import { Readable } from 'node:stream'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bombPng, turnedJpeg } from '../../e2e/messages/real-files.ts'
import { makeS3Client } from '../../shared/aws/s3.ts'
import { newId } from '../../shared/core/ids.ts'
import { MediaStore } from '../../shared/media/media-store.ts'
import { type MediaHelpers, makeMediaHelpers } from '../media/media-helpers.ts'
import { Turns } from '../session/turns.ts'
import { failOperation, runOperation } from '../testing/run-operation.ts'
import { startTestFleet, type TestFleet } from '../testing/test-fleet.ts'

const OWN = '5511900000071'
let fleet: TestFleet
let helpers: MediaHelpers
let store: MediaStore
let sessionId: string

beforeAll(async () => {
  fleet = await startTestFleet()
  helpers = makeMediaHelpers()
  store = new MediaStore({ client: makeS3Client(), bucket: 'media', kmsKeyId: 'alias/fleetline' })
  const worker = await fleet.startWorker({ media: { store, helpers, testHost: '127.0.0.1', turns: new Turns(2) } })
  sessionId = await fleet.linkSession({ id: worker.id, queueUrl: worker.queueUrl }, OWN)
})
afterAll(async () => {
  helpers?.stop()
  await fleet?.stop()
})

const lay = async (bytes: Buffer): Promise<string> => {
  const mediaId = newId('med')
  const file = { body: Readable.from([bytes]), sizeBytes: bytes.length, mimetype: 'image/jpeg' }
  await store.write(fleet.scope, mediaId, file)
  return mediaId
}
const shown = async () => {
  const picture = await fetch(`${fleet.simulator.controlUrl}/control/contacts/${OWN}/picture`)
  const { format, width, height } = await sharp(Buffer.from(await picture.arrayBuffer())).metadata()
  return { format, width, height }
}

test('a picture of a profile is made of any image that was uploaded', async () => {
  const mediaId = await lay(await turnedJpeg(1_000, 2_000))
  const { pictureUrl } = await runOperation(fleet, sessionId, 'setProfilePicture', { mediaId })
  expect(pictureUrl).toMatch(/^https:/)
  expect(await shown()).toEqual({ format: 'jpeg', width: 640, height: 640 })
})

test('what is no picture, what would fill the memory, and what is not there end the operation with their reason', async () => {
  const fail = (mediaId: string) => failOperation(fleet, sessionId, 'setProfilePicture', { mediaId })
  expect(await fail(await lay(Buffer.from('%PDF-1.7 and no picture')))).toBe('media_type_mismatch')
  expect(await fail(await lay(await bombPng(40_000)))).toBe('media_type_mismatch')
  expect(await fail(await lay(Buffer.alloc(16 * 1024 * 1024 + 1)))).toBe('media_too_large')
  expect(await fail(newId('med'))).toBe('media_not_ready')
  expect(await shown()).toMatchObject({ width: 640 })
})
