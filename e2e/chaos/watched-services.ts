import type { SessionLog } from '../../session-task/auth-log/session-log.ts'
import type { OpenConnection } from '../../session-task/whatsapp/connection.ts'
import type { EventSink } from '../../shared/events/event-sink.ts'
import type { Fate } from './fate.ts'
import type { Witness } from './fateful-clients.ts'

/** What was seen of a worker's connections. */
export interface Sight {
  /** frames that waited at the gate when the log was lost: what a zombie wanted to send and could not */
  blockedFrames: number
  /** when a session was first connected here, performance.now() */
  openedAt: number | null
  waitingFrames: number
  /** called at each connect */
  onOpen: (sessionId: string) => void
}

export const newSight = (): Sight => ({
  blockedFrames: 0,
  openedAt: null,
  waitingFrames: 0,
  onOpen: () => {},
})

/** The bus, with a race point before and after it. */
export const watchBus = (bus: EventSink, fate: Fate, witness: Witness): EventSink => ({
  publish: async (refs) => {
    await fate.at('bus.before')
    const refused = await bus.publish(refs)
    for (const { eventId } of refs) witness.published.add(eventId)
    await fate.at('bus.after')
    return refused
  },
})

/** Connections whose gate and whose listeners obey a fate. */
export const watchConnections = (open: OpenConnection, fate: Fate, seen: Sight, isGateOff: boolean): OpenConnection => {
  fate.isFrameWaiting = () => fate.phaseOf() !== 'live' || seen.waitingFrames > 0
  // One for all connections of a log: what the connection keeps beside it lasts from one to the next.
  const watchedLogs = new WeakMap<SessionLog, { log: SessionLog; receipts: ReceiptsDue }>()
  const watch = (log: SessionLog) => {
    const receipts = { due: 0 }
    const watched = { log: watchGate(log, { fate, seen, receipts, isGateOff }), receipts }
    watchedLogs.set(log, watched)
    return watched
  }
  return (input) => {
    const { events } = input
    const watched = watchedLogs.get(input.log) ?? watch(input.log)
    return open({
      ...input,
      log: watched.log,
      events: {
        ...events,
        onDecrypted: (stanza) => {
          watched.receipts.due++
          return events.onDecrypted(stanza)
        },
        onOpen: (identity) => {
          seen.openedAt ??= performance.now()
          seen.onOpen(input.log.sessionId)
          fate.phase = 'live'
          if (!fate.isDead) events.onOpen(identity)
        },
        onServerAck: (ack) => {
          if (fate.passes('ack.before')) events.onServerAck(ack)
        },
        onReceipt: (receipt) => {
          if (!fate.isDead) events.onReceipt(receipt)
        },
      },
    })
  }
}

/** Stanzas of a session that were decrypted since its gate last let something out: their receipts come next. */
interface ReceiptsDue {
  due: number
}

/** The log as the gate sees it: stops where the scenario says, counts what the gate never let out. */
const watchGate = (
  log: SessionLog,
  { fate, seen, receipts, isGateOff }: { fate: Fate; seen: Sight; receipts: ReceiptsDue; isGateOff: boolean },
): SessionLog => ({
  sessionId: log.sessionId,
  epoch: log.epoch,
  state: log.state,
  get lastLsn() {
    return log.lastLsn
  },
  get durableLsn() {
    if (isGateOff) return Number.MAX_SAFE_INTEGER
    // A dead or standing process sends nothing, not even what it may.
    return fate.isDead || fate.isPaused ? 0 : log.durableLsn
  },
  append: (records) => log.append(records),
  takeSequence: () => log.takeSequence(),
  durable: async (lsn) => {
    seen.waitingFrames++
    try {
      await log.durable(lsn)
    } catch (error) {
      if (!fate.isDead) seen.blockedFrames++
      throw error
    } finally {
      seen.waitingFrames--
    }
    const isReceipt = receipts.due > 0
    receipts.due = 0
    await fate.at('commit.beforeFrame')
    if (isReceipt) await fate.at('receipt.before')
  },
  confirmOwner: () => log.confirmOwner(),
  onLost: (listener) => log.onLost(listener),
  close: () => log.close(),
  abandon: () => log.abandon(),
})
