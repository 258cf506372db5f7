import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { startSimulator } from './simulator.ts'
import { generateKeyPair, hasValidSignature, keyPairOf, sign } from './wire/signal.ts'

it('with a root key of its own, a simulator that keeps nothing is trusted across restarts', async () => {
  const rootKey = randomBytes(32)
  const roots: string[] = []
  for (let start = 0; start < 2; start++) {
    const simulator = await startSimulator({ rootKey })
    roots.push(simulator.trustRootHex)
    await simulator.stop()
  }
  const other = await startSimulator()
  await other.stop()
  expect(roots[0]).toMatch(/^[0-9a-f]{64}$/)
  expect(roots[1]).toBe(roots[0])
  expect(other.trustRootHex).not.toBe(roots[0])
})

it('what a given root signs is valid under the public key that clients are told', () => {
  for (const privateKey of [randomBytes(32), randomBytes(32), generateKeyPair().privateKey]) {
    const pair = keyPairOf(privateKey)
    const message = randomBytes(40)
    expect(hasValidSignature(pair.publicKey, message, sign(pair.privateKey, message))).toBe(true)
  }
})
