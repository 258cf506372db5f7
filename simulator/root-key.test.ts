import { randomBytes } from 'node:crypto'
import { get } from 'node:https'
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

it('with a root key, who trusts the authority of one start trusts the media host of the next, by its name', async () => {
  const rootKey = randomBytes(32)
  const first = await startSimulator({ rootKey })
  await first.stop()
  const next = await startSimulator({ rootKey, mediaName: 'files.cell.internal' })
  const other = await startSimulator({ rootKey: randomBytes(32), mediaName: 'files.cell.internal' })
  const { hostname } = new URL(next.mediaUrl)
  const statusOf = ({ mediaUrl }: { mediaUrl: string }) =>
    new Promise<number | undefined>((resolve, reject) =>
      get({ host: '127.0.0.1', port: new URL(mediaUrl).port, servername: hostname, ca: first.mediaCaPem }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      }).on('error', reject),
    )
  expect(hostname).toBe('files.cell.internal')
  expect(await statusOf(next)).toBe(404)
  await expect(statusOf(other)).rejects.toThrow('certificate')
  await Promise.all([next.stop(), other.stop()])
})

it('what a given root signs is valid under the public key that clients are told', () => {
  for (const privateKey of [randomBytes(32), randomBytes(32), generateKeyPair().privateKey]) {
    const pair = keyPairOf(privateKey)
    const message = randomBytes(40)
    expect(hasValidSignature(pair.publicKey, message, sign(pair.privateKey, message))).toBe(true)
  }
})
