import type { SessionLog } from '../../session-task/auth-log/session-log.ts'
import type { TestFleet } from '../../session-task/testing/test-fleet.ts'
import type { OpenConnection } from '../../session-task/whatsapp/connection.ts'
import { openConnection } from '../../session-task/whatsapp/open-connection.ts'
import type { EventSink } from '../../shared/events/event-sink.ts'
import { Fate } from './fate.ts'
import { makeFatefulClients, type Witness } from './fateful-clients.ts'
import { startWireProxy } from './wire-proxy.ts'

export interface ChaosWorker {
  readonly id: string
  readonly queueUrl: string
  readonly fate: Fate
  /** frames that waited at the gate when the log was lost: what a zombie wanted to send and could not */
  readonly blockedFrames: number
  /** when the session was connected here, performance.now() */
  readonly openedAt: number | null
  readonly sessionCount: number
  drain(): Promise<void>
  /** as SIGKILL: nothing leaves any more */
  kill(): void
  /** frees what the test holds of it; the worker is dead or drained */
  dispose(): Promise<void>
}

export interface ChaosWorkerOptions {
  readonly fleet: TestFleet
  readonly witness: Witness
  /** the control run: frames leave at once, whatever is durable */
  readonly isGateOff?: boolean
}

/** The real worker on clients and a wire that obey its fate. */
export const startChaosWorker = async (options: ChaosWorkerOptions): Promise<ChaosWorker> => {
  const fate = new Fate()
  const clients = makeFatefulClients(fate, options.witness)
  const proxy = await startWireProxy(options.fleet.simulator.socketUrl)
  const seen = { blockedFrames: 0, openedAt: null as number | null, receiptsDue: 0 }
  const eventSink: EventSink = {
    publish: async (refs) => {
      await fate.at('bus.before')
      for (const { eventId } of refs) options.witness.published.add(eventId)
      await fate.at('bus.after')
      return []
    },
  }
  // One for all connections of a log: what the connection keeps beside it lasts from one to the next.
  const watchedLogs = new WeakMap<SessionLog, SessionLog>()
  const watched = (log: SessionLog): SessionLog => {
    const known = watchedLogs.get(log) ?? watchGate(log, fate, seen, options.isGateOff ?? false)
    watchedLogs.set(log, known)
    return known
  }
  const connect: OpenConnection = (input) => {
    const { events } = input
    return openConnection({
      ...input,
      log: watched(input.log),
      events: {
        ...events,
        onDecrypted: (stanza) => {
          seen.receiptsDue++
          return events.onDecrypted(stanza)
        },
        onOpen: (identity) => {
          seen.openedAt ??= performance.now()
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
  const worker = await options.fleet.startWorker({
    heartbeatMs: 1_000,
    isEndedByTest: true,
    sqs: clients.sqs,
    tables: clients.tables,
    logClient: clients.logClient,
    eventSink,
    openConnection: connect,
    socketUrl: proxy.url,
    ackTimeoutMs: 1_000,
  })
  fate.onKill = () => {
    proxy.cut()
    worker.abandon()
  }
  fate.onPause = proxy.pause
  fate.onResume = proxy.resume
  return {
    id: worker.id,
    queueUrl: worker.queueUrl,
    fate,
    get blockedFrames() {
      return seen.blockedFrames
    },
    get openedAt() {
      return seen.openedAt
    },
    get sessionCount() {
      return worker.sessionCount
    },
    drain: () => {
      fate.phase = 'draining'
      return worker.drain()
    },
    kill: () => fate.kill(),
    dispose: async () => {
      fate.kill()
      await proxy.close()
      clients.destroy()
    },
  }
}

/** The log as the gate sees it: stops where the scenario says, counts what the gate never let out. */
const watchGate = (
  log: SessionLog,
  fate: Fate,
  seen: { blockedFrames: number; receiptsDue: number },
  isGateOff: boolean,
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
    try {
      await log.durable(lsn)
    } catch (error) {
      if (!fate.isDead) seen.blockedFrames++
      throw error
    }
    const isReceipt = seen.receiptsDue > 0
    seen.receiptsDue = 0
    await fate.at('commit.beforeFrame')
    if (isReceipt) await fate.at('receipt.before')
  },
  onLost: (listener) => log.onLost(listener),
  close: () => log.close(),
  abandon: () => log.abandon(),
})
