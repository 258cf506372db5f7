import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type AwsJsonEndpoint, startAwsJson } from './aws-json.ts'
import { openJsonFile } from './json-file.ts'
import { makeSecretsManager, type SecretsManager } from './secrets-manager.ts'

let dataDir: string
let secrets: SecretsManager
let endpoint: AwsJsonEndpoint
let client: SecretsManagerClient

const start = async () => {
  secrets = makeSecretsManager(openJsonFile(join(dataDir, 'secrets.json'), { secrets: {} }))
  endpoint = await startAwsJson({ services: [secrets] })
  client = new SecretsManagerClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
}
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'fleetline-secrets-'))
  await start()
})
afterEach(async () => {
  client.destroy()
  await endpoint.stop()
  rmSync(dataDir, { recursive: true })
})

it('a generated secret is made once and is the same after a restart, by name and by ARN', async () => {
  const generate = { PasswordLength: 40, SecretStringTemplate: '{"version":1}', GenerateStringKey: 'pepper' }
  secrets.ensureSecret('env/pepper', { generate })
  const first = await client.send(new GetSecretValueCommand({ SecretId: 'env/pepper' }))
  expect(JSON.parse(first.SecretString!)).toEqual({ version: 1, pepper: expect.stringMatching(/^[\w-]{40}$/) })
  client.destroy()
  await endpoint.stop()
  await start()
  secrets.ensureSecret('env/pepper', { generate })
  const second = await client.send(new GetSecretValueCommand({ SecretId: first.ARN }))
  expect(second.SecretString).toBe(first.SecretString)
  expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600)
})

it('PutSecretValue makes a new current version', async () => {
  await client.send(new CreateSecretCommand({ Name: 'rotated', SecretString: 'one' }))
  const before = await client.send(new GetSecretValueCommand({ SecretId: 'rotated' }))
  await client.send(new PutSecretValueCommand({ SecretId: 'rotated', SecretString: 'two' }))
  const after = await client.send(new GetSecretValueCommand({ SecretId: 'rotated' }))
  expect([before.SecretString, after.SecretString]).toEqual(['one', 'two'])
  expect(after.VersionId).not.toBe(before.VersionId)
})

it('what does not exist is ResourceNotFoundException, what does already ResourceExistsException', async () => {
  await expect(client.send(new GetSecretValueCommand({ SecretId: 'none' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
  await client.send(new CreateSecretCommand({ Name: 'there', SecretString: 'x' }))
  await expect(client.send(new CreateSecretCommand({ Name: 'there', SecretString: 'y' }))).rejects.toMatchObject({
    name: 'ResourceExistsException',
  })
})
