import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterEach, expect, it } from 'vitest'

const dataDir = mkdtempSync(join(tmpdir(), 'fleetline-restart-'))
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

const startStores = async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../testing/run-stores.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = await once(createInterface({ input: child.stdout! }), 'line')
  const urls = JSON.parse(line) as { s3: string; sqs: string }
  const options = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, maxAttempts: 1 }
  return {
    child,
    s3: new S3Client({ ...options, endpoint: urls.s3 }),
    sqs: new SQSClient({ ...options, endpoint: urls.sqs }),
  }
}

it('every acknowledged object and message is there after SIGKILL amid writes, and the conditions still hold', async () => {
  const first = await startStores()
  const { QueueUrl } = await first.sqs.send(
    new CreateQueueCommand({ QueueName: 'hints', Attributes: { VisibilityTimeout: '43' } }),
  )
  const etags = new Map<string, string>()
  const sent = new Set<string>()
  const write = async (writer: number): Promise<void> => {
    for (let index = 0; ; index++) {
      const Key = `wal/${writer}/${index}`
      try {
        const { ETag } = await first.s3.send(
          new PutObjectCommand({ Bucket: 'log', Key, Body: Key.repeat(50), IfNoneMatch: '*' }),
        )
        etags.set(Key, ETag!)
        await first.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: Key }))
        sent.add(Key)
      } catch {
        return // the kill: what had no answer may be lost
      }
      if (sent.size === 200) first.child.kill('SIGKILL')
    }
  }
  await Promise.all([0, 1, 2, 3].map(write))
  expect(sent.size).toBeGreaterThanOrEqual(200)

  const second = await startStores()
  const listed = new Map<string, string>()
  let token: string | undefined
  do {
    const page = await second.s3.send(
      new ListObjectsV2Command({ Bucket: 'log', ContinuationToken: token, MaxKeys: 100 }),
    )
    for (const object of page.Contents ?? []) listed.set(object.Key!, object.ETag!)
    token = page.NextContinuationToken
  } while (token)
  for (const [key, etag] of etags) expect(listed.get(key)).toBe(etag)
  const key = [...etags.keys()].at(-1)!
  const got = await second.s3.send(new GetObjectCommand({ Bucket: 'log', Key: key }))
  expect(await got.Body!.transformToString()).toBe(key.repeat(50))
  await expect(
    second.s3.send(new PutObjectCommand({ Bucket: 'log', Key: key, Body: 'x', IfNoneMatch: '*' })),
  ).rejects.toMatchObject({ name: 'PreconditionFailed' })

  // The URL of before, old port and all, stands in somebody's row.
  const received = new Set<string>()
  for (;;) {
    const { Messages } = await second.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
    if (!Messages?.length) break
    for (const { Body } of Messages) received.add(Body!)
  }
  expect([...sent].filter((body) => !received.has(body))).toEqual([])
  const { Attributes } = await second.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] }),
  )
  expect(Attributes?.VisibilityTimeout).toBe('43')
})
