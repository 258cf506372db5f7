import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type AwsJsonEndpoint, startAwsJson } from './aws-json.ts'
import { openJsonFile } from './json-file.ts'
import { makeKms } from './kms.ts'

const KeyId = 'alias/tenants'
const context = { tenantId: 'ten_1', mode: 'test' }
let dataDir: string
let endpoint: AwsJsonEndpoint
let client: KMSClient

const start = async () => {
  endpoint = await startAwsJson({ services: [makeKms(openJsonFile(join(dataDir, 'kms.json'), { keys: {} }))] })
  client = new KMSClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
}
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'fleetline-kms-'))
  await start()
})
afterEach(async () => {
  client.destroy()
  await endpoint.stop()
  rmSync(dataDir, { recursive: true })
})

const restart = async () => {
  client.destroy()
  await endpoint.stop()
  await start()
}

it('a data key decrypts with the same context in any order, also after a restart', async () => {
  const { CiphertextBlob, Plaintext } = await client.send(
    new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext: context }),
  )
  expect(Plaintext).toHaveLength(32)
  await restart()
  const opened = await client.send(
    new DecryptCommand({ CiphertextBlob, EncryptionContext: { mode: 'test', tenantId: 'ten_1' } }),
  )
  expect(Buffer.from(opened.Plaintext!)).toEqual(Buffer.from(Plaintext!))
})

it('another context, none, changed bytes and garbage are InvalidCiphertextException', async () => {
  const { CiphertextBlob } = await client.send(
    new EncryptCommand({ KeyId, Plaintext: Buffer.from('secret'), EncryptionContext: context }),
  )
  expect(Buffer.from(CiphertextBlob!).includes('secret')).toBe(false)
  const changed = Uint8Array.from(CiphertextBlob!)
  changed[changed.length - 1]! ^= 1
  for (const input of [
    { CiphertextBlob, EncryptionContext: { ...context, tenantId: 'ten_2' } },
    { CiphertextBlob },
    { CiphertextBlob: changed, EncryptionContext: context },
    { CiphertextBlob: Buffer.from('garbage'), EncryptionContext: context },
    { CiphertextBlob: CiphertextBlob!.slice(0, 20), EncryptionContext: context },
  ])
    await expect(client.send(new DecryptCommand(input))).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
})

it('a data key without plaintext decrypts to the number of bytes that was asked for', async () => {
  const generated = await client.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 24 }))
  expect(generated).not.toHaveProperty('Plaintext')
  const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob: generated.CiphertextBlob }))
  expect(Plaintext).toHaveLength(24)
})

it('an action that is missing here says so by name', async () => {
  await expect(client.send(new ScheduleKeyDeletionCommand({ KeyId }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('KMS has no ScheduleKeyDeletion'),
  })
})

it('key material is readable by its owner only', async () => {
  await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
  expect(statSync(join(dataDir, 'kms.json')).mode & 0o777).toBe(0o600)
})
