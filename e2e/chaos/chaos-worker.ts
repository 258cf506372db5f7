import type { TestFleet } from '../../session-task/testing/test-fleet.ts'
import { openConnection } from '../../session-task/whatsapp/open-connection.ts'
import { Fate } from './fate.ts'
import { makeFatefulClients, type Witness } from './fateful-clients.ts'
import { newSight, watchBus, watchConnections } from './watched-services.ts'
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
  const seen = newSight()
  const eventSink = watchBus({ publish: async () => [] }, fate, options.witness)
  const connect = watchConnections(openConnection, fate, seen, options.isGateOff ?? false)
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
      // The reconciler would, once nothing is assigned to it any more.
      await options.fleet.workers.remove(worker.id, 1)
      await options.fleet.deleteQueue(worker.queueUrl)
      await proxy.close()
      clients.destroy()
    },
  }
}
