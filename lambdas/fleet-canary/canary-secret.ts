import * as z from 'zod'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '../../shared/aws/secrets-manager.ts'

/** What the canary knows of itself. A person writes the key; the rest it finds and keeps by itself. */
const canarySecretSchema = z.object({
  /** test key of the canary's own tenant; null: nobody has set it up yet */
  apiKey: z.string().nullable().default(null),
  sessionId: z.string().nullable().default(null),
  endpoint: z.object({ id: z.string(), url: z.string(), secret: z.string() }).nullable().default(null),
})
export type CanarySecret = z.infer<typeof canarySecretSchema>

export interface CanaryMemory {
  read(): Promise<CanarySecret>
  write(secret: CanarySecret): Promise<void>
}

export const openCanaryMemory = (client: SecretsManagerClient, secretId: string): CanaryMemory => ({
  read: async () => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
    return canarySecretSchema.parse(JSON.parse(SecretString ?? '{}'))
  },
  write: async (secret) => {
    await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(secret) }))
  },
})
