import { describe, expect, it } from 'vitest'
import { readStartOptions } from './options.ts'
import { UserError } from './user-error.ts'

const NOWHERE = { FLEETLINE_WA_URL: 'ws://127.0.0.1:1', FLEETLINE_WA_TRUST_ROOT: 'ab'.repeat(32) }

describe('a wrong flag or variable is refused in one line that names it', () => {
  it.each<[string, readonly string[], NodeJS.ProcessEnv, string]>([
    ['an unknown flag', ['--nonsense'], {}, "Unknown option '--nonsense'. See npm start -- --help"],
    ['a word without a flag', ['prod'], {}, "Unexpected argument 'prod'. See npm start -- --help"],
    ['a port that is a word', ['--port', 'http'], {}, '--port must be 0 to 65535, not "http"'],
    ['an empty port', ['--port='], {}, '--port must be 0 to 65535, not ""'],
    ['a port too high', ['--port', '65536'], {}, '--port must be 0 to 65535, not "65536"'],
    ['an empty data directory name', ['--data-dir='], {}, '--data-dir needs a directory'],
    [
      'a trust root that is not hex',
      [],
      { ...NOWHERE, FLEETLINE_WA_TRUST_ROOT: 'zz' },
      'FLEETLINE_WA_TRUST_ROOT must be 32 bytes in hex (64 digits); npm run simulator prints it',
    ],
    [
      'an address without its trust root',
      [],
      { FLEETLINE_WA_URL: 'ws://127.0.0.1:1' },
      'FLEETLINE_WA_URL and FLEETLINE_WA_TRUST_ROOT go together: set both or none',
    ],
    [
      'an address that is no WebSocket address',
      [],
      { ...NOWHERE, FLEETLINE_WA_URL: 'http://127.0.0.1' },
      'FLEETLINE_WA_URL must be a ws:// or wss:// address, not "http://127.0.0.1"',
    ],
    [
      'a control address that is none',
      [],
      { ...NOWHERE, FLEETLINE_WA_CONTROL_URL: 'localhost' },
      'FLEETLINE_WA_CONTROL_URL must be an http:// or https:// address, not "localhost"',
    ],
  ])('%s', (_, args, env, line) => {
    expect(() => readStartOptions(args, env)).toThrow(new UserError(line))
  })
})

it('another WhatsApp-compatible server is taken from the environment', () => {
  const { whatsapp } = readStartOptions([], { ...NOWHERE, FLEETLINE_WA_CONTROL_URL: 'http://127.0.0.1:2/' })
  expect(whatsapp).toEqual({ url: 'ws://127.0.0.1:1', trustRootHex: 'ab'.repeat(32), controlUrl: 'http://127.0.0.1:2' })
  expect(readStartOptions([], {}).whatsapp).toBeNull()
})
