import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openMemoryLog } from '../auth-log/testing/open-memory-log.ts'
import { isLinked, loadCredentials } from './credentials.ts'
import { WhatsAppError } from './errors.ts'
import { connect } from './testing/open-test-session.ts'
import { startTestPhones, type TestPhones } from './testing/test-phones.ts'
import { setTrustRoot } from './trust-root.ts'

let phones: TestPhones

beforeAll(async () => {
  phones = await startTestPhones()
})
afterEach(() => phones.expectNoViolations())
afterAll(() => phones.stop())

describe('linking', () => {
  it('links by QR, and opens again over the same log after the 515', async () => {
    const { log, phone } = await phones.link()
    const session = await phones.openLinked(log)
    expect(session.connection.isOpen).toBe(true)
    expect(session.seen('onOpen')).toMatchObject([{ phone: `+${phone}`, lid: expect.stringMatching(/^\d+@lid$/) }])
    await session.connection.close()
    expect(session.connection.isOpen).toBe(false)
    expect(session.seen('onClose')).toEqual([{ code: 0, message: 'Closed' }])
  })

  it('shows a QR with its deadline, with credentials that are durable', async () => {
    const { log } = await openMemoryLog()
    const session = connect(log, phones.simulator.socketUrl, { link: { method: 'qr' } })
    const { attempt, expiresAt, text } = await session.next('onQr')
    expect(attempt).toBe(1)
    expect(Math.abs(expiresAt - Date.now() - 60_000)).toBeLessThan(2_000)
    expect(log.durableLsn).toBeGreaterThan(0)
    expect(text).toContain(loadCredentials(log).advSecretKey)
    await session.connection.close()
  })

  it('links by pairing code', async () => {
    const phone = await phones.newPhone()
    const { log } = await openMemoryLog()
    const session = connect(log, phones.simulator.socketUrl, { link: { method: 'code', phone: `+${phone}` } })
    const { code, expiresAt } = await session.next('onPairingCode')
    expect(code).toMatch(/^[0-9A-Z]{8}$/)
    expect(expiresAt).toBeGreaterThan(Date.now())
    expect(session.seen('onQr')).toEqual([])
    await phones.simulator.enterCode(phone, code)
    expect((await session.next('onClose')).code).toBe(515)
    await (await phones.openLinked(log)).connection.close()
  })

  it('throws the credentials of an aborted pairing code away', async () => {
    const phone = await phones.newPhone()
    const { log } = await openMemoryLog()
    const session = connect(log, phones.simulator.socketUrl, { link: { method: 'code', phone: `+${phone}` } })
    await session.next('onPairingCode')
    await session.connection.close()
    const again = connect(log, phones.simulator.socketUrl, { link: { method: 'qr' } })
    await phones.simulator.scan(phone, (await again.next('onQr')).text)
    expect((await again.next('onClose')).code).toBe(515)
    expect(isLinked(loadCredentials(log))).toBe(true)
  })

  it('says what is missing instead of registering when it should only log in', async () => {
    const { log } = await openMemoryLog()
    expect(() => connect(log, phones.simulator.socketUrl)).toThrow(WhatsAppError)
  })

  it('refuses a server whose certificate is not signed by the trust root', async () => {
    setTrustRoot('01'.repeat(32))
    try {
      const { log } = await openMemoryLog()
      const session = connect(log, phones.simulator.socketUrl, { link: { method: 'qr' } })
      expect(await session.next('onClose')).toMatchObject({
        code: 400,
        message: expect.stringContaining('certificate'),
      })
    } finally {
      setTrustRoot(phones.simulator.trustRootHex)
    }
  })

  it('never says online: no presence without a name or "unavailable"', async () => {
    const { log, phone } = await phones.link()
    await (await phones.openLinked(log)).connection.close()
    const presences = (await phones.simulator.wire(phone)).filter(
      ({ tag, direction }) => tag === 'presence' && direction === 'in',
    )
    expect(presences.filter(({ attrs }) => attrs.type !== 'unavailable' && !attrs.name)).toEqual([])
  })
})

describe('linking through a server that is not what it should be', () => {
  it('refuses a forged certificate', async () => {
    await phones.simulator.fault({ kind: 'forgedCertificate' })
    const { log } = await openMemoryLog()
    const session = connect(log, phones.simulator.socketUrl, { link: { method: 'qr' } })
    expect(await session.next('onClose')).toMatchObject({ code: 400 })
    expect(session.seen('onQr')).toEqual([])
  })

  it('refuses a forged account signature', async () => {
    const phone = await phones.newPhone()
    await phones.simulator.fault({ kind: 'forgedAccountSignature', phone })
    const { log } = await openMemoryLog()
    const session = connect(log, phones.simulator.socketUrl, { link: { method: 'qr' } })
    const { text } = await session.next('onQr')
    // the phone's side of the scan may fail too, once the client hangs up
    await Promise.allSettled([phones.simulator.scan(phone, text), session.next('onClose')])
    expect(session.seen('onPaired')).toEqual([])
    expect(isLinked(loadCredentials(log))).toBe(false)
  })

  it('shows the QR again with a new secret when the server asks for one, and links by it', async () => {
    const phone = await phones.newPhone()
    await phones.simulator.settings({ companionRegRefresh: true })
    try {
      const { log } = await openMemoryLog()
      const session = connect(log, phones.simulator.socketUrl, { link: { method: 'qr' } })
      const first = await session.next('onQr')
      await expect(phones.simulator.scan(phone, first.text)).rejects.toThrow('rescan_required')
      const second = await session.next('onQr', 2)
      expect(second).toEqual({ ...first, text: expect.not.stringContaining(first.text) })
      await phones.simulator.scan(phone, second.text)
      expect((await session.next('onClose')).code).toBe(515)
    } finally {
      await phones.simulator.settings({ companionRegRefresh: false })
    }
  })

  it('gives up a server that never says success', async () => {
    const { log, phone } = await phones.link()
    await phones.simulator.fault({ kind: 'neverSuccess', phone })
    const session = connect(log, phones.simulator.socketUrl, { loginTimeoutMs: 300 })
    expect(await session.next('onClose')).toEqual({ code: 408, message: 'Login timed out' })
    expect(session.seen('onOpen')).toEqual([])
  })
})
