import { randomBytes, randomUUID } from 'node:crypto'
import { AwsError, type AwsJsonService, unknownAction } from './aws-json.ts'
import type { JsonFile } from './json-file.ts'

interface State {
  secrets: Record<string, { value: string; version: string }>
}

/** What CloudFormation's GenerateSecretString asks for. */
export interface GenerateSecretString {
  readonly SecretStringTemplate?: string
  readonly GenerateStringKey?: string
  readonly PasswordLength?: number
}

export interface SecretsManager extends AwsJsonService {
  /** Creates the secret unless it exists; like a first deployment. */
  ensureSecret(name: string, input: { value?: string; generate?: GenerateSecretString }): void
}

export const makeSecretsManager = (file: JsonFile<State>): SecretsManager => {
  const put = (name: string, value: string) => {
    const version = randomUUID()
    file.value.secrets[name] = { value, version }
    file.save()
    return version
  }
  const find = (id: string): { name: string; value: string; version: string } => {
    const name = nameOf(id)
    const secret = file.value.secrets[name]
    if (!secret) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
    return { name, ...secret }
  }
  return {
    targetPrefix: 'secretsmanager',
    ensureSecret: (name, input) => {
      if (!file.value.secrets[name]) put(name, input.value ?? generate(input.generate ?? {}))
    },
    handle: async (action, input) => {
      switch (action) {
        case 'CreateSecret':
          if (file.value.secrets[input.Name])
            throw new AwsError('ResourceExistsException', `The secret ${input.Name} already exists.`)
          return { ARN: arnOf(input.Name), Name: input.Name, VersionId: put(input.Name, input.SecretString ?? '') }
        case 'PutSecretValue': {
          const { name } = find(input.SecretId)
          return { ARN: arnOf(name), Name: name, VersionId: put(name, input.SecretString) }
        }
        case 'GetSecretValue': {
          const { name, value, version } = find(input.SecretId)
          return {
            ARN: arnOf(name),
            Name: name,
            SecretString: value,
            VersionId: version,
            VersionStages: ['AWSCURRENT'],
          }
        }
        case 'DescribeSecret': {
          const { name } = find(input.SecretId)
          return { ARN: arnOf(name), Name: name }
        }
        default:
          return unknownAction('Secrets Manager', action)
      }
    },
  }
}

const ARN_PREFIX = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:'
const arnOf = (name: string): string => `${ARN_PREFIX}${name}`
const nameOf = (id: string): string => (id.startsWith(ARN_PREFIX) ? id.slice(ARN_PREFIX.length) : id)

const generate = (input: GenerateSecretString): string => {
  const random = randomBytes(64)
    .toString('base64url')
    .slice(0, input.PasswordLength ?? 32)
  if (!input.GenerateStringKey) return random
  return JSON.stringify({ ...JSON.parse(input.SecretStringTemplate ?? '{}'), [input.GenerateStringKey]: random })
}
