import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { afterEach, describe, expect, it } from 'vitest'
import { startS3 } from './s3.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const temporary = () => {
  const dir = mkdtempSync(join(tmpdir(), 'fleetline-s3-'))
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

const open = async (dataDir?: string) => {
  const emulator = await startS3({ dataDir })
  const client = new S3Client({
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
  emulator.store.createBucket('auth')
  cleanups.push(
    () => client.destroy(),
    () => emulator.stop(),
  )
  return { client, emulator }
}

const statusOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 200,
    (error) => (error instanceof S3ServiceException ? error.$metadata.httpStatusCode : Promise.reject(error)),
  )

describe.each([
  ['in memory', () => undefined],
  ['persisted', temporary],
])('conditional writes, %s', (_, dataDir) => {
  it('of 20 concurrent If-None-Match writers exactly one wins, in every round', async () => {
    const { client } = await open(dataDir())
    for (let round = 0; round < 50; round++) {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, writer) =>
          statusOf(
            client.send(
              new PutObjectCommand({ Bucket: 'auth', Key: `wal/${round}`, Body: `writer ${writer}`, IfNoneMatch: '*' }),
            ),
          ),
        ),
      )
      expect(results.filter((status) => status === 200)).toHaveLength(1)
      expect(results.filter((status) => status === 412)).toHaveLength(19)
    }
  })

  it('of 20 concurrent If-Match writers exactly one wins', async () => {
    const { client } = await open(dataDir())
    let { ETag: etag } = await client.send(new PutObjectCommand({ Bucket: 'auth', Key: 'head', Body: '0' }))
    for (let round = 1; round <= 20; round++) {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, writer) =>
          client
            .send(new PutObjectCommand({ Bucket: 'auth', Key: 'head', Body: `${round}-${writer}`, IfMatch: etag }))
            .then(
              (answer) => answer.ETag!,
              () => null,
            ),
        ),
      )
      const won = results.filter((result) => result !== null)
      expect(won).toHaveLength(1)
      etag = won[0]!
    }
  })

  it('If-Match on a missing key is 404', async () => {
    const { client } = await open(dataDir())
    expect(
      await statusOf(client.send(new PutObjectCommand({ Bucket: 'auth', Key: 'none', Body: 'x', IfMatch: '"e"' }))),
    ).toBe(404)
  })
})

it('a restart on the same data finds objects, ETags and the conditions still hold', async () => {
  const dataDir = temporary()
  const first = await open(dataDir)
  const put = await first.client.send(new PutObjectCommand({ Bucket: 'auth', Key: 'a/ü 1', Body: 'bytes' }))
  await first.emulator.stop()
  cleanups.length = 1
  const second = await open(dataDir)
  const got = await second.client.send(new GetObjectCommand({ Bucket: 'auth', Key: 'a/ü 1' }))
  expect([await got.Body!.transformToString(), got.ETag]).toEqual(['bytes', put.ETag])
  expect(
    await statusOf(
      second.client.send(new PutObjectCommand({ Bucket: 'auth', Key: 'a/ü 1', Body: 'x', IfNoneMatch: '*' })),
    ),
  ).toBe(412)
})

it('lists by prefix in key order over pages', async () => {
  const { client } = await open()
  for (const key of ['wal/3', 'wal/1', 'other', 'wal/2'])
    await client.send(new PutObjectCommand({ Bucket: 'auth', Key: key, Body: 'x' }))
  const first = await client.send(new ListObjectsV2Command({ Bucket: 'auth', Prefix: 'wal/', MaxKeys: 2 }))
  const second = await client.send(
    new ListObjectsV2Command({ Bucket: 'auth', Prefix: 'wal/', ContinuationToken: first.NextContinuationToken }),
  )
  expect([...first.Contents!, ...second.Contents!].map((item) => item.Key)).toEqual(['wal/1', 'wal/2', 'wal/3'])
})

it('a wrong checksum is refused and nothing is written', async () => {
  const { client, emulator } = await open()
  const response = await fetch(`${emulator.url}/auth/key`, {
    method: 'PUT',
    body: 'data',
    headers: { 'x-amz-checksum-crc32': 'AAAAAA==' },
  })
  expect(response.status).toBe(400)
  expect(await statusOf(client.send(new GetObjectCommand({ Bucket: 'auth', Key: 'key' })))).toBe(404)
})
