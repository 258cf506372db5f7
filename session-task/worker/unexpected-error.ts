import type { Log } from '../../shared/log/log.ts'
import { sessionAtFault } from '../session/session-fault-scope.ts'

const FAULTS_MAX = 20
const WINDOW_MS = 60_000

/**
 * An error that nobody caught ends the session whose code it was, and the process only when it was the worker's own, or
 * when so many come that the process itself must be sick.
 */
export const makeUnexpectedErrorHandler = (log: Log, exit: () => void, now: () => number = () => performance.now()) => {
  let faultsAt: number[] = []
  return (error: unknown): void => {
    const session = sessionAtFault()
    faultsAt = [...faultsAt.filter((at) => now() - at < WINDOW_MS), now()]
    if (session && faultsAt.length <= FAULTS_MAX) {
      session.crash(error)
      return
    }
    log.fatal(
      { sessionId: session?.sessionId, error: error instanceof Error ? error.stack : String(error) },
      'unexpected error, the worker ends',
    )
    exit()
  }
}
