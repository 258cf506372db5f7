import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterEach, expect, it } from 'vitest'
import { startSqs } from './sqs.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const open = async (dataDir?: string, port?: number) => {
  const emulator = await startSqs({ dataDir, port })
  const client = new SQSClient({
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  return { emulator, client }
}

it('listens on loopback only', async () => {
  const { emulator, client } = await open()
  cleanups.push(
    () => emulator.stop(),
    () => client.destroy(),
  )
  expect(new URL(emulator.url).hostname).toBe('127.0.0.1')
})

it('a long poll wakes when a message comes', async () => {
  const { emulator, client } = await open()
  cleanups.push(
    () => emulator.stop(),
    () => client.destroy(),
  )
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'ring' }))
  const waiting = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'wake', MessageGroupId: 'fair' }))
  const { Messages } = await waiting
  expect(Messages?.[0]?.Body).toBe('wake')
  await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages![0]!.ReceiptHandle }))
  await client.send(new DeleteQueueCommand({ QueueUrl }))
  await expect(client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))).rejects.toMatchObject({
    name: 'QueueDoesNotExist',
  })
})

it('a poller that hung up takes no message with it', async () => {
  const { emulator, client } = await open()
  cleanups.push(
    () => emulator.stop(),
    () => client.destroy(),
  )
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'hung-up' }))
  const killed = new AbortController()
  const waiting = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), {
    abortSignal: killed.signal,
  })
  // another request on another connection: when it is answered, the poll has reached the server
  await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }))
  killed.abort()
  await expect(waiting).rejects.toThrow()
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'for the living' }))
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }))
  expect(Messages?.[0]?.Body).toBe('for the living')
})

it('queues and messages survive a restart on the same data', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fleetline-sqs-'))
  cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }))
  const first = await open(dataDir)
  const { QueueUrl } = await first.client.send(new CreateQueueCommand({ QueueName: 'kept' }))
  await first.client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'still here' }))
  await first.emulator.stop()
  const second = await open(dataDir, Number(new URL(first.emulator.url).port))
  cleanups.push(
    () => second.emulator.stop(),
    () => first.client.destroy(),
    () => second.client.destroy(),
  )
  const { Messages } = await second.client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }))
  expect(Messages?.[0]?.Body).toBe('still here')
})
