import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BlockedAddressError, type GuardedAgent, makeGuardedAgent, requestGuarded } from './guarded-agent.ts'
import { LOOPBACK_SPELLINGS } from './testing/hostile-addresses.ts'
import { parseEgressRules } from './url-rules.ts'

const closed = parseEgressRules({ cidrs: null, http: 'true' })
const open = parseEgressRules({ cidrs: '127.0.0.0/8,::1/128', http: 'true' })

let server: Server
let port: number
let hits = 0

beforeAll(async () => {
  server = createServer((_, response) => {
    hits++
    response.end('reached')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const get = async (host: string, agent: GuardedAgent, at = `http://${host}:${port}/`) => {
  const request = requestGuarded(agent, new URL(at), {}).end()
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return Buffer.concat(await response.toArray()).toString()
  } finally {
    await agent.close()
  }
}

describe('a customer URL never makes us call a private address', () => {
  it.each(LOOPBACK_SPELLINGS)('literal host %s', async (host) => {
    const before = hits
    await expect(get(host, makeGuardedAgent(closed))).rejects.toBeInstanceOf(BlockedAddressError)
    expect(hits).toBe(before)
  })

  it('a name that resolves to a private address', async () => {
    const before = hits
    await expect(get('localhost', makeGuardedAgent(closed))).rejects.toBeInstanceOf(BlockedAddressError)
    expect(hits).toBe(before)
  })

  it('a name with one private answer among public ones (rebinding)', async () => {
    const lookupAll = async () => [
      { address: '1.1.1.1', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    await expect(get('mixed.example', makeGuardedAgent(closed, { lookupAll }))).rejects.toBeInstanceOf(
      BlockedAddressError,
    )
  })

  it('the error names the address for our log but not in its message', async () => {
    const error = await get('127.0.0.1', makeGuardedAgent(closed)).catch((caught) => caught)
    expect(error.address).toBe('127.0.0.1')
    expect(error.message).not.toContain('127')
  })
})

it('an opened range is reachable (the guard does not block everything)', async () => {
  expect(await get('127.0.0.1', makeGuardedAgent(open))).toBe('reached')
})
