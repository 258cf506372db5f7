import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessFleet } from './process-fleet.ts'

const LOOK_EVERY_MS = 100

/** What happened while a session was without service, for whoever wonders about a long gap. */
export interface Timeline {
  /** something that the test did */
  note(what: string): void
  stop(): Promise<readonly string[]>
}

/** Looks at leases, states and workers from now on, and writes down what changes. Times are seconds from now. */
export const startTimeline = (fleet: ProcessFleet): Timeline => {
  const startedAt = performance.now()
  const lines: string[] = []
  const known = new Map<string, string>()
  const note = (what: string) => void lines.push(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s ${what}`)
  const see = (name: string, state: string) => {
    const before = known.get(name)
    known.set(name, state)
    if (before !== state) note(`${name}: ${state}`)
  }
  let isOver = false
  const look = async (): Promise<void> => {
    const { leases, sessions, workers, scope } = fleet.stores
    const rows = await workers.list(scope.mode)
    for (const { id, status } of rows) see(`worker ${id.slice(-6)}`, status)
    const listed = new Set(rows.map(({ id }) => `worker ${id.slice(-6)}`))
    for (const name of known.keys()) if (name.startsWith('worker ') && !listed.has(name)) see(name, 'no row')
    for (const [index, { sessionId }] of fleet.sessions.entries()) {
      const [lease, row] = await Promise.all([leases.get(sessionId), sessions.get(sessionId)])
      const owner = lease?.owner?.workerId.slice(-6) ?? 'nobody'
      see(
        `session ${index}`,
        `${row?.status}${row?.reason ? ` (${row.reason.code})` : ''}, epoch ${lease?.epoch} of ${owner}`,
      )
    }
  }
  const looking = (async () => {
    while (!isOver) {
      await look().catch((error) => note(`could not look: ${error}`))
      await sleep(LOOK_EVERY_MS)
    }
  })()
  return {
    note,
    stop: async () => {
      isOver = true
      await looking
      return lines
    },
  }
}
