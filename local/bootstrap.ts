import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeAdminKey } from '../shared/core/api-key.ts'
import { writeFileAtomically } from './cloud/json-file.ts'
import type { SecretsManager } from './cloud/secrets-manager.ts'

export interface LocalKeys {
  readonly adminKey: string
  readonly testKey: string
  readonly liveKey: string
}

const KEYS_FILE = 'keys.json'

/**
 * What an operator does once after the first deployment (docs/deploy.md): an admin key into the platform secret, then a
 * tenant and its keys over the API. Remembered in the data directory, so that every start prints the same keys.
 */
export const bootstrap = async (input: {
  dataDir: string
  apiUrl: string
  secrets: Pick<SecretsManager, 'handle'>
  platformSecretId: string
}): Promise<LocalKeys> => {
  const file = join(input.dataDir, KEYS_FILE)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const adminKey = await makeFirstAdminKey(input.secrets, input.platformSecretId)
  const post = async (path: string, body: unknown): Promise<any> => {
    const response = await fetch(`${input.apiUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`bootstrap: POST ${path} → ${response.status} ${await response.text()}`)
    return response.json()
  }
  const tenant = await post('/v1/tenants', { name: 'Local tenant' })
  const makeKey = async (mode: 'test' | 'live') =>
    (await post(`/v1/tenants/${tenant.id}/keys`, { name: `local ${mode}`, mode, scopes: ['*'] })).key as string
  const keys: LocalKeys = { adminKey, testKey: await makeKey('test'), liveKey: await makeKey('live') }
  writeFileAtomically(file, JSON.stringify(keys))
  return keys
}

const makeFirstAdminKey = async (secrets: Pick<SecretsManager, 'handle'>, secretId: string): Promise<string> => {
  const { SecretString } = (await secrets.handle('GetSecretValue', { SecretId: secretId })) as { SecretString: string }
  const secret = JSON.parse(SecretString)
  const { key, hash } = makeAdminKey(secret.pepper)
  const next = { ...secret, adminKeyHashes: [...secret.adminKeyHashes, hash] }
  await secrets.handle('PutSecretValue', { SecretId: secretId, SecretString: JSON.stringify(next) })
  return key
}
