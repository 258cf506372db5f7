import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openMemoryLog } from '../auth-log/testing/open-memory-log.ts'
import { connect, takeOver } from './testing/open-test-session.ts'
import { CONTACT, startTestPhones, type TestPhones } from './testing/test-phones.ts'

let phones: TestPhones

beforeAll(async () => {
  phones = await startTestPhones()
})
afterEach(() => phones.expectNoViolations())
afterAll(() => phones.stop())

describe('the end of a connection', () => {
  it('says so when there is no server', async () => {
    const { log } = await openMemoryLog()
    const session = connect(log, 'ws://127.0.0.1:9/', { link: { method: 'qr' } })
    expect(await session.next('onClose')).toMatchObject({ code: 408 })
    await expect(session.connection.resolve(`+${CONTACT}`)).rejects.toMatchObject({ code: 'connection_closed' })
    await session.connection.close()
    expect(session.seen('onClose')).toHaveLength(1)
  })

  it('closes without another frame when the log is taken over', async () => {
    const linked = await phones.link()
    const { phone } = linked
    const session = await phones.openLinked(linked.log)
    await takeOver(linked)
    const before = (await phones.simulator.wire(phone)).filter(({ direction }) => direction === 'in').length
    await expect(phones.sendText(session, 'zombie', '3EB0ZOMBIE')).rejects.toThrow()
    await session.next('onClose')
    const after = (await phones.simulator.wire(phone)).filter(
      ({ direction, tag }) => direction === 'in' && tag === 'message',
    )
    expect(after).toEqual([])
    expect(before).toBeGreaterThan(0)
  })

  it('logs out at the server', async () => {
    const { log } = await phones.link()
    const session = await phones.openLinked(log)
    await session.connection.logout()
    expect(session.seen('onClose')).toEqual([{ code: 401, message: 'Intentional Logout' }])
    const again = connect(log, phones.simulator.socketUrl)
    expect((await again.next('onClose')).code).toBe(401)
  })
})

describe('what the server may end it with', () => {
  it.each([401, 403, 440, 500, 503, 515])('reports stream error %i', async (code) => {
    const { log, phone } = await phones.link()
    const session = await phones.openLinked(log)
    await phones.simulator.fault({ kind: 'streamError', phone, code })
    expect(await session.next('onClose')).toMatchObject({ code })
    expect(session.connection.isOpen).toBe(false)
  })

  it.each([401, 403, 405, 503])('reports login failure %i', async (code) => {
    const { log, phone } = await phones.link()
    await phones.simulator.fault({ kind: 'failure', phone, code })
    expect(await connect(log, phones.simulator.socketUrl).next('onClose')).toMatchObject({ code })
  })

  it.each(['reset', 'close', 'xmlstreamend'])('reports a lost connection (%s) as 428', async (mode) => {
    const { log, phone } = await phones.link()
    const session = await phones.openLinked(log)
    await phones.simulator.fault({ kind: 'drop', phone, mode })
    expect(await session.next('onClose')).toMatchObject({ code: 428 })
  })
})
