import { startTestFleet, type TestFleet, until } from '../../session-task/testing/test-fleet.ts'
import type { OpenConnection } from '../../session-task/whatsapp/connection.ts'
import { openConnection } from '../../session-task/whatsapp/open-connection.ts'
import { DeleteMessageCommand, makeSQSClient, ReceiveMessageCommand } from '../../shared/aws/sqs.ts'
import { type Bench, quantile } from '../report.ts'

const SESSIONS = Number(process.env.SESSIONS ?? 300)
const WORKER = { capacity: SESSIONS, heartbeatMs: 10_000 }
const CONTACT = '5511977776666'
const TEXT_EVERY_MS = 50

/**
 * One worker hands its connected sessions to two others while a contact writes to them all the time: how long it takes,
 * how long a session is away, and whether anything is lost. Real Baileys, log on the S3 emulator, simulator in its own
 * process; the three workers share this process, and this bench stands in for the reconciler.
 */
export const run: Bench = async () => {
  const gaps = makeGapMeter()
  const fleet = await startTestFleet({ openConnection: gaps.openConnection })
  try {
    const [old, ...others] = [
      await fleet.startWorker(WORKER),
      await fleet.startWorker(WORKER),
      await fleet.startWorker(WORKER),
    ]
    const phones = Array.from({ length: SESSIONS }, (_, index) => `55119${String(index).padStart(8, '0')}`)
    const sessions = await linkAll(fleet, old!, phones)
    const links = gaps.qrCount()
    const reconciler = startReconciler(fleet, others)
    const writer = startWriter(fleet, phones)
    const started = performance.now()
    gaps.startMeasuring()
    await old!.drain()
    const drained = performance.now() - started
    await until('all are connected elsewhere', () => gaps.values().length === SESSIONS, 120_000)
    const connected = performance.now() - started
    const texts = await writer.stop()
    await reconciler.stop()
    const { lost, repeated } = await compare(fleet, sessions, texts)
    const values = gaps.values()
    return [
      { name: 'sessions', value: SESSIONS, unit: '' },
      { name: 'drained after', value: Math.round(drained), unit: 'ms', note: 'aim ≤ 60000' },
      { name: 'all connected elsewhere after', value: Math.round(connected), unit: 'ms' },
      {
        name: 'gap per session p50',
        value: quantile(values, 0.5),
        unit: 'ms',
        note: 'socket closed → logged in again',
      },
      { name: 'gap per session p99', value: quantile(values, 0.99), unit: 'ms' },
      { name: 'texts received meanwhile', value: texts.size, unit: '' },
      { name: 'lost', value: lost, unit: '' },
      { name: 'events twice', value: repeated, unit: '' },
      { name: 'QR codes shown after linking', value: gaps.qrCount() - links, unit: '' },
    ]
  } finally {
    await fleet.stop()
  }
}

/** Wraps the connection: when did a session's socket close, and when was it logged in again? */
const makeGapMeter = () => {
  const closedAt = new Map<string, number>()
  const measured = new Map<string, number>()
  let isMeasuring = false
  let qrs = 0
  const wrapped: OpenConnection = (options) => {
    let phone = ''
    const { events } = options
    const connection = openConnection({
      ...options,
      events: {
        ...events,
        onQr: (qr) => {
          qrs++
          events.onQr(qr)
        },
        onOpen: (identity) => {
          phone = identity.phone
          const closed = closedAt.get(phone)
          if (isMeasuring && closed !== undefined && !measured.has(phone))
            measured.set(phone, performance.now() - closed)
          events.onOpen(identity)
        },
        onClose: (info) => {
          if (isMeasuring && phone) closedAt.set(phone, closedAt.get(phone) ?? performance.now())
          events.onClose(info)
        },
      },
    })
    const close = connection.close.bind(connection)
    connection.close = () => {
      if (isMeasuring && phone) closedAt.set(phone, performance.now())
      return close()
    }
    return connection
  }
  return {
    openConnection: wrapped,
    startMeasuring: () => {
      isMeasuring = true
    },
    values: () => [...measured.values()],
    qrCount: () => qrs,
  }
}

/** Eight at a time; the worker itself paces its connects. @returns phone → session id */
const linkAll = async (
  fleet: TestFleet,
  worker: Parameters<TestFleet['linkSession']>[0],
  phones: readonly string[],
) => {
  const sessions = new Map<string, string>()
  const waiting = [...phones]
  const lane = async () => {
    for (let phone = waiting.shift(); phone; phone = waiting.shift())
      sessions.set(phone, await fleet.linkSession(worker, phone))
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  return sessions
}

/** Gives each session that was let go to the next of the others, as AllocateSession does. */
const startReconciler = (fleet: TestFleet, workers: readonly Parameters<TestFleet['assign']>[1][]) => {
  const sqs = makeSQSClient()
  let isStopping = false
  let turn = 0
  const loop = async () => {
    while (!isStopping) {
      const { Messages: hints = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: fleet.hintsQueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      )
      for (const { Body: body, ReceiptHandle: handle } of hints) {
        const { kind, sessionId } = JSON.parse(body ?? '{}') as { kind: string; sessionId: string }
        if (kind === 'session') await fleet.assign(sessionId, workers[turn++ % workers.length]!)
        await sqs.send(new DeleteMessageCommand({ QueueUrl: fleet.hintsQueueUrl, ReceiptHandle: handle }))
      }
    }
    sqs.destroy()
  }
  const running = loop()
  return {
    stop: () => {
      isStopping = true
      return running
    },
  }
}

/** A contact that writes to one phone after the other. stop(): @returns WhatsApp id → phone of all it wrote */
const startWriter = (fleet: TestFleet, phones: readonly string[]) => {
  const texts = new Map<string, string>()
  let isStopping = false
  const loop = async () => {
    for (let index = 0; !isStopping; index++) {
      const phone = phones[index % phones.length]!
      texts.set(await fleet.simulator.contactSends(CONTACT, phone, `text ${index}`), phone)
      await new Promise((resolve) => setTimeout(resolve, TEXT_EVERY_MS))
    }
  }
  const running = loop()
  return {
    stop: async () => {
      isStopping = true
      await running
      return texts
    },
  }
}

const compare = async (fleet: TestFleet, sessions: ReadonlyMap<string, string>, texts: ReadonlyMap<string, string>) => {
  let lost = 0
  let repeated = 0
  for (const [phone, sessionId] of sessions) {
    const wanted = [...texts].filter(([, to]) => to === phone).map(([id]) => id)
    const received = async () => {
      const ids = (await fleet.readEvents(sessionId))
        .filter(({ type }) => type === 'message.received')
        .map(({ data }) => data.message?.whatsappId)
      return { missing: wanted.filter((id) => !ids.includes(id)).length, ids }
    }
    await until('the last texts are events', async () => (await received()).missing === 0, 10_000).catch(() => false)
    const { missing, ids } = await received()
    lost += missing
    repeated += ids.length - new Set(ids).size
  }
  return { lost, repeated }
}
