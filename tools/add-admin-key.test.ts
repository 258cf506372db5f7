import { expect, test } from 'vitest'
import { startTestCloud } from '../local/cloud/testing/cloud.ts'
import { makeSecretsManagerClient, PutSecretValueCommand } from '../shared/aws/secrets-manager.ts'
import { hashApiKey } from '../shared/core/api-key.ts'
import { makeSecretReader } from '../shared/http/platform-secret.ts'
import { addAdminKey } from './add-admin-key.ts'

test('an admin key is added beside the others; only its hash is kept', async () => {
  const cloud = await startTestCloud()
  cloud.apply()
  const client = makeSecretsManagerClient()
  const pepper = 'a pepper that is long enough'
  await client.send(
    new PutSecretValueCommand({
      SecretId: 'platform',
      SecretString: JSON.stringify({ pepper, adminKeyHashes: ['old'] }),
    }),
  )
  const key = await addAdminKey(client, 'platform')
  expect(key).toMatch(/^flk_admin_/)
  const secret = await makeSecretReader(client, 'platform')()
  expect(secret).toEqual({ pepper, adminKeyHashes: ['old', hashApiKey(pepper, key)] })
  client.destroy()
  await cloud.stop()
})
