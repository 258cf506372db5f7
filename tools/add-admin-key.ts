import { pathToFileURL } from 'node:url'
import {
  GetSecretValueCommand,
  makeSecretsManagerClient,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '../shared/aws/secrets-manager.ts'
import { makeAdminKey } from '../shared/core/api-key.ts'
import { makeSecretReader } from '../shared/http/platform-secret.ts'

/**
 * Adds a platform (admin) key to the platform secret. Only its hash is stored; the key is returned once. For one operator
 * at a time: of two that run at the same moment, one key is lost.
 */
export const addAdminKey = async (client: SecretsManagerClient, secretId: string): Promise<string> => {
  const { pepper } = await makeSecretReader(client, secretId)()
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
  const { key, hash } = makeAdminKey(pepper)
  const secret = JSON.parse(SecretString!)
  secret.adminKeyHashes = [...secret.adminKeyHashes, hash]
  await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(secret) }))
  return key
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [secretId] = process.argv.slice(2)
  if (!secretId) {
    process.stderr.write('usage: npm run -s admin-key -- <PlatformSecretArn of the data stack>\n')
    process.exit(2)
  }
  try {
    process.stdout.write(`${await addAdminKey(makeSecretsManagerClient(), secretId)}\n`)
  } catch (error) {
    process.stderr.write(`no key was added: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
