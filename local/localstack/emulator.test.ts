import { expect, it } from 'vitest'
import { assertEmulatorAnswers, emulatorEnvironment } from './emulator.ts'

it('whatever account the shell is logged in to, only an emulator on this machine is reached', () => {
  const shell = {
    AWS_PROFILE: 'production',
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_SESSION_TOKEN: 'x',
    AWS_REGION: 'eu-west-1',
  }
  expect({ ...shell, ...emulatorEnvironment(shell) }).toMatchObject({
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_PROFILE: '',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SESSION_TOKEN: '',
    AWS_REGION: 'us-east-1',
  })
  for (const url of ['https://sts.amazonaws.com', 'http://10.0.0.1:4566', 'nonsense'])
    expect(() => emulatorEnvironment({ FLEETLINE_EMULATOR_URL: url })).toThrow(
      `FLEETLINE_EMULATOR_URL must be an address on this machine, not "${url}"`,
    )
})

it('an emulator that is not there is one line that says what to do', async () => {
  await expect(assertEmulatorAnswers('http://127.0.0.1:1')).rejects.toThrow(
    'no emulator answers at http://127.0.0.1:1: start one (docs/localstack.md), or name another with FLEETLINE_EMULATOR_URL',
  )
})
