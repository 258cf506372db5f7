import type { SessionLog } from '../auth-log/session-log.ts'
import { openConnection } from '../whatsapp/open-connection.ts'
import type { TestFleet } from './test-fleet.ts'

/** A worker with two sessions; what the first one holds in memory is sampled. */
export const startTwo = async (
  fleet: TestFleet,
  phones: readonly [string, string],
  options: Parameters<TestFleet['startWorker']>[0] = {},
) => {
  const logs: SessionLog[] = []
  const most = { undone: 0, undecrypted: 0, opened: 0 }
  const worker = await fleet.startWorker({
    ackTimeoutMs: 30_000,
    ...options,
    openConnection: (connection) => {
      most.opened++
      logs.push(connection.log)
      return openConnection(connection)
    },
  })
  const flooded = await fleet.linkSession(worker, phones[0])
  const neighbour = await fleet.linkSession(worker, phones[1])
  const sample = setInterval(() => {
    for (const { state } of logs) {
      most.undone = Math.max(most.undone, state.undoneCount)
      most.undecrypted = Math.max(most.undecrypted, state.undecrypted().length)
    }
  }, 5)
  return { worker, flooded, neighbour, logs, most, stop: () => clearInterval(sample) }
}

export const receivedBy = async (fleet: TestFleet, sessionId: string) =>
  (await fleet.readAllEvents(sessionId))
    .filter(({ type }) => type === 'message.received')
    .map(({ data }) => data.message?.text?.body)

/** Sends one message after the other until told to stop. @returns how long each took from 202 to the server's ack */
export const keepSending = (fleet: TestFleet, sessionId: string, friend: string) => {
  const latencies: number[] = []
  let isOver = false
  const done = (async () => {
    while (!isOver) {
      const startedAt = performance.now()
      const row = await fleet.accept(sessionId, friend, `neighbour ${latencies.length}`)
      await fleet.untilMessage(row.id, ['sent', 'delivered', 'read'], 60_000)
      latencies.push(performance.now() - startedAt)
    }
  })()
  return async () => {
    isOver = true
    await done
    return latencies.toSorted((one, other) => one - other)
  }
}

/** How often a phone's session asked for a message again. */
export const retryReceiptsOf = async (fleet: TestFleet, phone: string): Promise<number> =>
  (await fleet.simulator.wire(phone)).filter(
    ({ direction, tag, attrs }) => direction === 'in' && tag === 'receipt' && attrs.type === 'retry',
  ).length
