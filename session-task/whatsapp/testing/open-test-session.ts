import type { SessionLog } from '../../auth-log/session-log.ts'
import type { MemoryBucket, MemoryLogDevice } from '../../auth-log/testing/memory-log-device.ts'
import { openMemoryLog, quietLog } from '../../auth-log/testing/open-memory-log.ts'
import type { ConnectionEvents, ConnectionOptions, WhatsAppConnection } from '../connection.ts'
import { openConnection } from '../open-connection.ts'
import { inboundRecordOf, noteOf, undecryptableRecordOf } from './fake-session.ts'

const DEADLINE_MS = 10_000

type EventName = keyof ConnectionEvents
type EventData<Name extends EventName> = Parameters<NonNullable<ConnectionEvents[Name]>>[0]

/** Resolves with the first truthy answer; asks again after each tick. @throws after the deadline, with the question */
export const eventually = async <T>(ask: () => T | Promise<T>, deadlineMs = DEADLINE_MS): Promise<NonNullable<T>> => {
  const end = performance.now() + deadlineMs
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${ask}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export interface TestConnection {
  readonly connection: WhatsAppConnection
  /** every event in order */
  readonly history: readonly { readonly name: EventName; readonly data: unknown }[]
  /** all events of a name so far */
  seen<Name extends EventName>(name: Name): EventData<Name>[]
  /** the nth event of a name (from 1), as soon as it is there */
  next<Name extends EventName>(name: Name, nth?: number): Promise<EventData<Name>>
}

/** Opens a connection that records its events and journals text as the session would. */
export const connect = (
  log: SessionLog,
  url: string,
  overrides: Partial<
    Pick<ConnectionOptions, 'link' | 'loadSentProto' | 'version' | 'loginTimeoutMs' | 'undecryptableAfterMs'>
  > = {},
  journal: typeof inboundRecordOf = inboundRecordOf,
): TestConnection => {
  const history: { name: EventName; data: unknown }[] = []
  const record =
    <Name extends EventName>(name: Name) =>
    (data: EventData<Name>): void => {
      history.push({ name, data })
    }
  const events: ConnectionEvents = {
    onQr: record('onQr'),
    onPairingCode: record('onPairingCode'),
    onPaired: record('onPaired'),
    onOpen: record('onOpen'),
    onClose: record('onClose'),
    onServerAck: record('onServerAck'),
    onReceipt: record('onReceipt'),
    onDecrypted: (stanza) => {
      record('onDecrypted')(stanza)
      return journal(log, stanza)
    },
    onUndecryptable: (waiting) => {
      record('onUndecryptable')(waiting)
      return undecryptableRecordOf(log, waiting)
    },
    onNotification: (notification) => {
      record('onNotification')(notification)
      return noteOf(log, notification)
    },
  }
  const seen = <Name extends EventName>(name: Name): EventData<Name>[] =>
    history.filter((event) => event.name === name).map(({ data }) => data as EventData<Name>)
  const connection = openConnection({
    log,
    url,
    version: null,
    link: null,
    events,
    loadSentProto: async () => undefined,
    logger: quietLog,
    ...overrides,
  })
  return { connection, history, seen, next: (name, nth = 1) => eventually(() => seen(name)[nth - 1]) }
}

export interface TestLog {
  readonly log: SessionLog
  readonly bucket: MemoryBucket
  readonly device: MemoryLogDevice
}

/** The log as the next owner of the session opens it: whatever was not durable is gone, the former owner is fenced. */
export const takeOver = ({ log, bucket }: TestLog): Promise<TestLog> => openMemoryLog({ bucket, epoch: log.epoch + 1 })

/** The same log, but between `hold` and `release` nothing more counts as durable: the gate holds every new frame. */
export const holdable = (log: SessionLog): { log: SessionLog; hold: () => void; release: () => void } => {
  let held: { readonly at: number; readonly released: Promise<void>; readonly release: () => void } | null = null
  return {
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = { at: log.durableLsn, released: promise, release: resolve }
    },
    release: () => {
      held?.release()
      held = null
    },
    log: {
      sessionId: log.sessionId,
      epoch: log.epoch,
      state: log.state,
      get lastLsn() {
        return log.lastLsn
      },
      get durableLsn() {
        return held?.at ?? log.durableLsn
      },
      append: (records) => log.append(records),
      takeSequence: () => log.takeSequence(),
      durable: async (lsn) => {
        if (held && lsn > held.at) await held.released
        await log.durable(lsn)
      },
      confirmOwner: () => log.confirmOwner(),
      onLost: (listener) => log.onLost(listener),
      close: () => log.close(),
      abandon: () => log.abandon(),
    },
  }
}
