import { makeEventBridge } from '../../local/cloud/event-bridge.ts'
import { startTestFleet, type TestFleet, until } from '../../session-task/testing/test-fleet.ts'
import type { Bench } from '../report.ts'
import { inLanes } from '../support/child-protocol.ts'
import { median, rounded } from '../support/rounds.ts'
import { cpuMsOf, linkAll, startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const COUNT = Number(process.env.MESSAGES ?? 300)
const CONTACT = '5521977774444'
const PHONE = '5511900000444'

interface Measured {
  readonly milliseconds: number
  readonly cpuMs: number
}

/**
 * The deployed worker in its process over the emulators, everything included: OPEN read, claim, KMS-wrapped content,
 * log on S3, frame, ack, row, event row, bus. No baseline does that work; `send` and `receive` compare like with like.
 */
export const run: Bench = async () => {
  const fleet = await startTestFleet({ services: [makeEventBridge()] })
  const worker = await startWorkerProcess(fleet, { capacity: 5 })
  try {
    await fleet.simulator.addContact(CONTACT, { name: 'Ana', deliveryReceipts: false })
    const [sessionId = ''] = await linkAll(fleet, worker, [PHONE])
    const warm = await fleet.accept(sessionId, CONTACT, 'warm')
    await fleet.untilMessage(warm.id, ['sent'])
    const sends: Measured[] = []
    const receives: Measured[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const [sent, received] = [await send(fleet, worker, sessionId), await receive(fleet, worker, sessionId)]
      if (round === 0) continue
      sends.push(sent)
      receives.push(received)
    }
    const figuresOf = (name: string, all: readonly Measured[]) => [
      { name, value: rounded(COUNT / (median(all.map(({ milliseconds }) => milliseconds)) / 1_000), 0), unit: 'msg/s' },
      {
        name: `${name}, CPU of the worker`,
        value: rounded(median(all.map(({ cpuMs }) => cpuMs)) / COUNT),
        unit: 'ms/msg',
      },
    ]
    return [
      ...figuresOf('queued → all rows sent', sends),
      ...figuresOf('waiting at the server → all event rows', receives),
    ]
  } finally {
    await worker.kill()
    await fleet.stop()
  }
}

const measure = async (worker: WorkerProcess, work: () => Promise<unknown>): Promise<Measured> => {
  const cpu = cpuMsOf(worker.pid)
  const started = performance.now()
  await work()
  return { milliseconds: performance.now() - started, cpuMs: cpuMsOf(worker.pid) - cpu }
}

/** Rows first, one ring then: what is measured is the worker, not who accepts. */
const send = async (fleet: TestFleet, worker: WorkerProcess, sessionId: string): Promise<Measured> => {
  const ids: string[] = []
  await inLanes(
    Array.from({ length: COUNT }, (_, index) => `text ${index}`),
    8,
    async (text) => void ids.push((await fleet.accept(sessionId, CONTACT, text, {}, Date.now(), false)).id),
  )
  return measure(worker, async () => {
    await fleet.ring(worker.queueUrl, 'messages', sessionId)
    await until(
      'all sent',
      async () => (await fleet.messages.listOpen(sessionId, { limit: 1 })).rows.length === 0,
      60_000,
    )
  })
}

const receive = async (fleet: TestFleet, worker: WorkerProcess, sessionId: string): Promise<Measured> => {
  await fleet.simulator.fault({ kind: 'refuseConnections', count: 1_000 })
  await fleet.simulator.fault({ kind: 'drop', phone: PHONE, mode: 'close' })
  for (let index = 0; index < COUNT; index++) await fleet.simulator.contactSends(CONTACT, PHONE, `text ${index}`)
  const first = await lastSequence(fleet, sessionId)
  await fleet.simulator.clearFaults()
  return measure(worker, async () => {
    await fleet.ring(worker.queueUrl, 'restart', sessionId)
    await until(
      'all events',
      async () => {
        const { rows } = await fleet.events.readSession(sessionId, { afterSequence: first, limit: COUNT + 100 })
        return rows.filter(({ type }) => type === 'message.received').length >= COUNT
      },
      60_000,
    )
  })
}

const lastSequence = async (fleet: TestFleet, sessionId: string): Promise<number> => {
  let last = 0
  for (;;) {
    const { rows, hasMore } = await fleet.events.readSession(sessionId, { afterSequence: last, limit: 500 })
    last = rows.at(-1)?.sequence ?? last
    if (!hasMore) return last
  }
}
