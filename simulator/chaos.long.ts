import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BaileysClient, repairSignatureCheck } from './testing/baileys-client.ts'
import { ControlClient } from './testing/control-client.ts'
import { type InboxEntry, inboxOf, violationsOf } from './testing/fixture.ts'
import { type SimulatorProcess, spawnSimulator } from './testing/simulator-process.ts'
import { until } from './testing/until.ts'

const PHONE = '5511900000001'
const CONTACT = '5511988887777'
const SECONDS = Number(process.env.CHAOS_SECONDS ?? 30)
const SEED = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000)

/** Park-Miller: the printed seed replays the same decisions (not the same timing). */
function randomFrom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
}

test(`${SECONDS} s of drops and SIGKILLs of the simulator lose nothing it had taken (seed ${SEED})`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-chaos-'))
  const random = randomFrom(SEED)
  let simulator: SimulatorProcess = await spawnSimulator('--data-dir', folder)
  const ports = ['--port', new URL(simulator.socketUrl).port, '--control-port', new URL(simulator.controlUrl).port]
  repairSignatureCheck(simulator.trustRootHex)
  const control = new ControlClient(simulator.controlUrl)
  // What was decrypted but not receipted when a connection died comes again, undecryptable: rc14 then waits 250 ms per retry.
  const client = new BaileysClient(simulator.socketUrl, { retryRequestDelayMs: 5 }).connect()
  await control.call('POST', `/phones/${PHONE}/scan`, { qr: await client.qr() })
  await client.closed()

  const outbox = new Map<string, string>()
  const inbound = new Set<string>()
  const decrypted = new Set<string>()
  const deadline = Date.now() + SECONDS * 1000
  let sequence = 0
  let ends = 0
  while (Date.now() < deadline || outbox.size > 0) {
    client.connect()
    const { updates } = client
    const repository = client.socket.signalRepository
    const { decryptMessage } = repository
    repository.decryptMessage = async (options) => {
      const bytes = await decryptMessage(options)
      const text = /in-\d+-/.exec(Buffer.from(bytes).toString('latin1'))
      if (text) decrypted.add(text[0])
      return bytes
    }
    const isClosed = () => updates.some(({ connection }) => connection === 'close')
    await until('open or close', () => isClosed() || updates.some(({ connection }) => connection === 'open'), 30_000)
    const settle = () => {
      for (const { attrs } of client.acks.splice(0)) if (!attrs.error) outbox.delete(attrs.id!)
    }
    for (const [id, text] of outbox) {
      if (isClosed()) break
      await client.socket
        .relayMessage(`${CONTACT}@s.whatsapp.net`, { conversation: text }, { messageId: id })
        .catch(() => {})
    }
    while (!isClosed() && (Date.now() < deadline || outbox.size > 0)) {
      if (Date.now() < deadline) {
        const id = `CHAOS${(sequence += 1)}`
        outbox.set(id, `text ${sequence}`)
        const message = { conversation: `text ${sequence}` }
        await client.socket.relayMessage(`${CONTACT}@s.whatsapp.net`, message, { messageId: id }).catch(() => {})
        const text = `in-${sequence}-`
        const sent = await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text }).catch(() => undefined)
        if (sent) inbound.add(text)
        const dice = random()
        if (dice < 0.02) {
          ends += 1
          simulator.child.kill('SIGKILL')
          await simulator.exited
          simulator = await spawnSimulator('--data-dir', folder, ...ports)
        } else if (dice < 0.06) {
          ends += 1
          await control.call('POST', '/faults', { kind: 'drop', mode: random() < 0.5 ? 'reset' : 'close' })
        } else if (dice < 0.08) {
          await control.call('POST', '/faults', { kind: 'drop', when: 'message', processed: random() < 0.5 })
        }
      } else await new Promise((resolve) => setTimeout(resolve, 20))
      settle()
    }
    settle()
  }
  await control.call('DELETE', '/faults')
  await client.end()
  client.connect()
  await client.opened()
  const empty = async () => (await control.call('GET', '/state')).queuedForDevices === 0
  await until('empty queue', empty, 120_000)
  const inbox: InboxEntry[] = await inboxOf(control, CONTACT)
  const received = new Set(inbox.map(({ whatsappId }) => whatsappId))
  const missing = Array.from({ length: sequence }, (_, index) => `CHAOS${index + 1}`).filter((id) => !received.has(id))
  const undecrypted = [...inbound].filter((text) => !decrypted.has(text))
  const repeats = inbox.length - received.size
  process.stdout.write(`seed ${SEED}: ${sequence} out (${repeats} repeats), ${inbound.size} in, ${ends} ends\n`)
  expect({ missing, undecrypted }).toEqual({ missing: [], undecrypted: [] })
  const hashes = new Map<string, string>()
  for (const { whatsappId, plaintextSha256 } of inbox) {
    expect(hashes.get(whatsappId) ?? plaintextSha256).toBe(plaintextSha256)
    hashes.set(whatsappId, plaintextSha256)
  }
  expect(await violationsOf(control)).toEqual([])
  await client.end()
  simulator.child.kill('SIGTERM')
  await simulator.exited
  rmSync(folder, { recursive: true })
})
