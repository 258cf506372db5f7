import { expect } from 'vitest'
import { openMemoryLog } from '../../auth-log/testing/open-memory-log.ts'
import { setTrustRoot } from '../trust-root.ts'
import { textOf } from './fake-session.ts'
import { connect, type TestLog } from './open-test-session.ts'
import { startSimulator } from './simulator-process.ts'

export const CONTACT = '5511988887777'
/** a number that is not on WhatsApp */
export const NOBODY = '5511955550000'

type TestSession = ReturnType<typeof connect>

/** Bodies of the texts that were decrypted; the phone's own protocol messages come along with them. */
export const textsOf = (session: TestSession): string[] =>
  session
    .seen('onDecrypted')
    .map(textOf)
    .filter((text) => text !== null)

/** A simulated WhatsApp with a contact, and as many phones as a test links. */
export const startTestPhones = async () => {
  const simulator = await startSimulator()
  setTrustRoot(simulator.trustRootHex)
  await simulator.addContact(CONTACT, { name: 'Ana' })
  await simulator.addContact(NOBODY, { onWhatsApp: false })
  let count = 0

  const newPhone = async (): Promise<string> => {
    count += 1
    const phone = `55119000000${String(count).padStart(2, '0')}`
    await simulator.addPhone(phone, 'Shop')
    return phone
  }

  return {
    simulator,
    newPhone,

    /** Links a new phone by QR and waits for the 515 that follows. */
    link: async (): Promise<TestLog & { phone: string }> => {
      const phone = await newPhone()
      const opened = await openMemoryLog()
      const linking = connect(opened.log, simulator.socketUrl, { link: { method: 'qr' } })
      await simulator.scan(phone, (await linking.next('onQr')).text)
      expect((await linking.next('onClose')).code).toBe(515)
      expect(linking.seen('onPaired')).toMatchObject([{ phone: `+${phone}` }])
      return { ...opened, phone }
    },

    openLinked: async (log: TestLog['log']) => {
      const session = connect(log, simulator.socketUrl)
      await session.next('onOpen')
      return session
    },

    sendText: async ({ connection }: TestSession, body: string, whatsappId: string) => {
      const { jid } = await connection.resolve(`+${CONTACT}`)
      await connection.relay({ jid, whatsappId, proto: connection.encodeText({ body }) })
    },

    /** As if the state of the contact's session had been lost: what it sends next cannot be decrypted. */
    forgetRatchet: async (log: TestLog['log'], session: TestSession): Promise<void> => {
      const { lid } = await session.connection.resolve(`+${CONTACT}`)
      const user = lid?.split('@')[0]
      log.append([{ t: 'keys', set: { session: { [`${user}_1.0`]: null } } }])
    },

    receiptsFor: async (phone: string, whatsappId: string) =>
      (await simulator.wire(phone)).filter(({ tag, attrs }) => tag === 'receipt' && attrs.id === whatsappId),

    /** A test logs in on purpose with a device that was removed; everything else a real server would have refused. */
    expectNoViolations: async (): Promise<void> => {
      expect((await simulator.violations()).filter(({ kind }) => kind !== 'unknown_device')).toEqual([])
    },

    stop: async (): Promise<void> => {
      setTrustRoot(null)
      await simulator.stop()
    },
  }
}

export type TestPhones = Awaited<ReturnType<typeof startTestPhones>>
