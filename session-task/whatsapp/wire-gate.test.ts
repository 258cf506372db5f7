import { describe, expect, it } from 'vitest'
import { LogLostError } from '../auth-log/session-log.ts'
import { installWireGate } from './wire-gate.ts'

const OPEN = 1

/** A log whose durability is granted by hand, and a socket that records what left. */
const setUp = (limits?: Parameters<typeof installWireGate>[3]) => {
  const waiting: { lsn: number; grant: () => void; lose: (error: Error) => void }[] = []
  const log = {
    lastLsn: 0,
    durableLsn: 0,
    durable: (lsn: number) => new Promise<void>((grant, lose) => waiting.push({ lsn, grant, lose })),
  }
  const sent: string[] = []
  const socket = {
    readyState: OPEN,
    send: (data: Uint8Array, callback?: (error?: Error) => void) => {
      sent.push(Buffer.from(data).toString())
      callback?.()
    },
  }
  const failures: string[] = []
  const gate = installWireGate(socket, log, (failure) => failures.push(failure), limits)
  const send = (text: string) => socket.send(Buffer.from(text), () => undefined)
  const makeDurable = async (lsn: number) => {
    log.durableLsn = lsn
    for (const waiter of waiting) if (waiter.lsn <= lsn) waiter.grant()
    await Promise.resolve()
  }
  return { log, socket, sent, failures, gate, send, makeDurable, waiting }
}

describe('the wire gate', () => {
  it('sends at once when nothing was appended', () => {
    const { send, sent } = setUp()
    send('hello')
    expect(sent).toEqual(['hello'])
  })

  it('holds a frame until the records appended before it are durable, and everything behind it', async () => {
    const { log, send, sent, makeDurable, gate } = setUp()
    log.lastLsn = 5
    send('needs 5')
    send('needs 5 too')
    log.lastLsn = 9
    send('needs 9')
    expect(sent).toEqual([])
    expect(gate.queuedFrames).toBe(3)
    await makeDurable(4)
    expect(sent).toEqual([])
    await makeDurable(5)
    expect(sent).toEqual(['needs 5', 'needs 5 too'])
    await makeDurable(9)
    expect(sent).toEqual(['needs 5', 'needs 5 too', 'needs 9'])
  })

  it('calls back before the frame leaves, so that no lock of the library waits for storage', async () => {
    const { log, socket, sent } = setUp()
    log.lastLsn = 1
    await new Promise<void>((resolve, reject) =>
      socket.send(Buffer.from('later'), (error) => (error ? reject(error) : resolve())),
    )
    expect(sent).toEqual([])
  })

  it('drains when the last frame left', async () => {
    const { log, send, makeDurable, gate, sent } = setUp()
    log.lastLsn = 1
    send('last')
    const drained = gate.drain().then(() => sent.length)
    await makeDurable(1)
    expect(await drained).toBe(1)
  })

  it('lets nothing leave after the log was lost', async () => {
    const { log, send, sent, waiting, failures, gate } = setUp()
    log.lastLsn = 1
    send('dropped')
    for (const waiter of waiting) waiter.lose(new LogLostError('fenced'))
    await gate.drain()
    expect(failures).toEqual(['log_lost'])
    log.durableLsn = 99
    send('dropped too')
    expect(sent).toEqual([])
  })

  it('fails once instead of growing without end', () => {
    const { log, send, failures, gate } = setUp({ frames: 2, bytes: 1_000 })
    log.lastLsn = 1
    for (let frame = 0; frame < 5; frame++) send(`frame ${frame}`)
    expect(failures).toEqual(['backpressure'])
    expect(gate.queuedFrames).toBe(0)
  })
})
