import { setTimeout as sleep } from 'node:timers/promises'
import { startTestFleet, type TestFleet, until } from '../../session-task/testing/test-fleet.ts'
import type { Bench, Figure } from '../report.ts'
import { inLanes } from '../support/child-protocol.ts'
import { makePutCounter, type PutCounter } from '../support/count-puts.ts'
import { rounded } from '../support/rounds.ts'

const CONTACT = '5521977775555'
const PHONE = '5511900000333'
const LATENCY_MS = 20
const BURST_WIDTH = 32
/** session record of the contact, of our own phone, and the row of the message: one PUT each, at least */
const NAIVE_PUTS_PER_STANZA = 2

interface Load {
  readonly name: string
  readonly texts: number
  readonly everyMs: number
  readonly aim: number
}

const LOADS: readonly Load[] = [
  { name: 'idle, one in 2 s', texts: 10, everyMs: 2_000, aim: 1.1 },
  { name: '20 msg/s', texts: 200, everyMs: 50, aim: 0.3 },
  { name: 'burst of 1000', texts: 1_000, everyMs: 0, aim: 0.05 },
]

/**
 * S3 PUTs per durable stanza through the worker's full path, 20 ms per PUT. A durable stanza is one that has to be in
 * the log before something may leave: here inbound texts (alone), then the same while the worker sends as many.
 */
export const run: Bench = async () => {
  const fleet = await startTestFleet()
  const counter = makePutCounter(LATENCY_MS)
  try {
    await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
    const worker = await fleet.startWorker({ logClient: counter.client, heartbeatMs: 10_000, ackTimeoutMs: 30_000 })
    const sessionId = await fleet.linkSession(worker, PHONE)
    const warm = await fleet.accept(sessionId, CONTACT, 'warm')
    await fleet.untilMessage(warm.id, ['delivered', 'read'])
    const figures: Figure[] = []
    const countReceived = makeReceivedCounter(fleet, sessionId)
    for (const load of LOADS) figures.push(await inbound(fleet, counter, countReceived, load))
    figures.push(await outbound(fleet, counter, sessionId))
    figures.push({
      name: 'naive write-through, one PUT per key',
      value: NAIVE_PUTS_PER_STANZA,
      unit: 'PUT/stanza',
      note: 'counted from what bare Baileys sets per message (simulator facts), without its rows',
    })
    return figures
  } finally {
    await fleet.stop()
    counter.client.destroy()
  }
}

const inbound = async (
  fleet: TestFleet,
  counter: PutCounter,
  countReceived: () => Promise<number>,
  load: Load,
): Promise<Figure> => {
  const receivedBefore = await countReceived()
  const before = counter.segments + counter.others
  if (load.everyMs === 0)
    await inLanes(
      Array.from({ length: load.texts }, (_, index) => `${load.name} ${index}`),
      BURST_WIDTH,
      async (text) => void (await fleet.simulator.contactSends(CONTACT, PHONE, text)),
    )
  for (let index = 0; index < load.texts && load.everyMs > 0; index++) {
    const started = performance.now()
    await fleet.simulator.contactSends(CONTACT, PHONE, `${load.name} ${index}`)
    const left = load.everyMs - (performance.now() - started)
    if (left > 0) await sleep(left)
  }
  await until('all are events', async () => (await countReceived()) - receivedBefore >= load.texts, 60_000)
  return perStanza(`received: ${load.name}`, counter.segments + counter.others - before, load.texts, load.aim)
}

/** Each text sent is three durable stanzas: the frame, the server's ack, the receipt. */
const outbound = async (fleet: TestFleet, counter: PutCounter, sessionId: string): Promise<Figure> => {
  const texts = 300
  const before = counter.segments + counter.others
  const rows = await Promise.all(
    Array.from({ length: texts }, (_, index) => fleet.accept(sessionId, CONTACT, `out ${index}`)),
  )
  for (const { id } of rows) await fleet.untilMessage(id, ['delivered', 'read'], 60_000)
  return perStanza(`sent: burst of ${texts}`, counter.segments + counter.others - before, texts * 3, 0.05)
}

const perStanza = (name: string, puts: number, stanzas: number, aim: number): Figure => ({
  name,
  value: rounded(puts / stanzas, 3),
  unit: 'PUT/stanza',
  note: `aim ≤ ${aim}; ${puts} PUTs, ${stanzas} stanzas`,
})

/** Counts on from what was counted before. */
const makeReceivedCounter = (fleet: TestFleet, sessionId: string) => {
  let sequence = 0
  let received = 0
  return async (): Promise<number> => {
    const { rows } = await fleet.events.readSession(sessionId, { afterSequence: sequence, limit: 500 })
    for (const row of rows) {
      sequence = row.sequence ?? sequence
      if (row.type === 'message.received') received++
    }
    return received
  }
}
