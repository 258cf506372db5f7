import { UserError } from '../cli/user-error.ts'

const DEFAULT_ENDPOINT = 'http://127.0.0.1:4566'
const ANSWER_DEADLINE_MS = 5_000

/** Variables that point the CDK CLI, the SDK and our workers to the emulator, whatever the shell says about a real account. */
export const emulatorEnvironment = (environment: NodeJS.ProcessEnv): Record<string, string> => ({
  AWS_ENDPOINT_URL: readEndpoint(environment),
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_SESSION_TOKEN: '',
  AWS_PROFILE: '',
})

/** @throws UserError when it is not on this machine: a deployment with these scripts must never reach an account */
const readEndpoint = (environment: NodeJS.ProcessEnv): string => {
  const endpoint = environment.FLEETLINE_EMULATOR_URL || DEFAULT_ENDPOINT
  if (!URL.canParse(endpoint) || !['127.0.0.1', 'localhost', '[::1]'].includes(new URL(endpoint).hostname))
    throw new UserError(`FLEETLINE_EMULATOR_URL must be an address on this machine, not "${endpoint}"`)
  return endpoint.replace(/\/$/, '')
}

/** @throws UserError unless something answers HTTP there */
export const assertEmulatorAnswers = async (endpoint: string): Promise<void> => {
  try {
    const response = await fetch(endpoint, { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) })
    await response.body?.cancel()
  } catch {
    throw new UserError(
      `no emulator answers at ${endpoint}: start one (docs/localstack.md), or name another with FLEETLINE_EMULATOR_URL`,
    )
  }
}
