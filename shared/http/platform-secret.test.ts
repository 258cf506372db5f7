import { afterAll, beforeAll, expect, it } from 'vitest'
import { startAwsJson } from '../../local/cloud/aws-json.ts'
import { openJsonFile } from '../../local/cloud/json-file.ts'
import { makeSecretsManager } from '../../local/cloud/secrets-manager.ts'
import { makeSecretsManagerClient } from '../aws/secrets-manager.ts'
import { makeSecretReader } from './platform-secret.ts'

const secrets = makeSecretsManager(openJsonFile(undefined, { secrets: {} }))
let server: Awaited<ReturnType<typeof startAwsJson>>
const put = (value: unknown) =>
  secrets.handle('PutSecretValue', { SecretId: 'platform', SecretString: JSON.stringify(value) })

beforeAll(async () => {
  server = await startAwsJson({ services: [secrets] })
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: server.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  })
  secrets.ensureSecret('platform', { value: '{}' })
})
afterAll(() => server.stop())

it('the platform secret is remembered, re-read when it is too old for the caller, and a failure is not remembered', async () => {
  let now = 1_000_000
  const read = makeSecretReader(makeSecretsManagerClient(), 'platform', () => now)
  await expect(read()).rejects.toThrow()
  await put({ pepper: 'a pepper that is long enough', adminKeyHashes: [] })
  expect((await read()).adminKeyHashes).toEqual([])
  await put({ pepper: 'a pepper that is long enough', adminKeyHashes: ['new'] })
  now += 11_000
  expect((await read()).adminKeyHashes).toEqual([])
  expect((await read(10_000)).adminKeyHashes).toEqual(['new'])
  now += 5 * 60_000
  await put({ pepper: 'a pepper that is long enough', adminKeyHashes: [] })
  expect((await read()).adminKeyHashes).toEqual([])
})
