import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { clientOptions } from './client-options.ts'

export { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

export const makeSecretsManagerClient = (): SecretsManagerClient => new SecretsManagerClient(clientOptions())
