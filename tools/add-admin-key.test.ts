import { expect, test } from 'vitest'
import { startAwsJson } from '../local/cloud/aws-json.ts'
import { openJsonFile } from '../local/cloud/json-file.ts'
import { makeSecretsManager } from '../local/cloud/secrets-manager.ts'
import { makeSecretsManagerClient } from '../shared/aws/secrets-manager.ts'
import { hashApiKey } from '../shared/core/api-key.ts'
import { makeSecretReader } from '../shared/http/platform-secret.ts'
import { addAdminKey } from './add-admin-key.ts'

test('an admin key is added beside the others; only its hash is kept', async () => {
  const secrets = makeSecretsManager(openJsonFile(undefined, { secrets: {} }))
  const server = await startAwsJson({ services: [secrets] })
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: server.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  })
  const pepper = 'a pepper that is long enough'
  secrets.ensureSecret('platform', { value: JSON.stringify({ pepper, adminKeyHashes: ['old'] }) })
  const client = makeSecretsManagerClient()
  const key = await addAdminKey(client, 'platform')
  expect(key).toMatch(/^flk_admin_/)
  const secret = await makeSecretReader(client, 'platform')()
  expect(secret).toEqual({ pepper, adminKeyHashes: ['old', hashApiKey(pepper, key)] })
  client.destroy()
  await server.stop()
})
