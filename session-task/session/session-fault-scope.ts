import { AsyncLocalStorage } from 'node:async_hooks'

/** What an unexpected error in a session's own code, timers or socket has to end. */
export interface Faulty {
  readonly sessionId: string
  crash(error: unknown): void
}

/**
 * Which session the running code belongs to. Node runs the handlers of unhandledRejection and uncaughtException in the
 * context of the code that failed, so that a session that breaks takes nobody along.
 */
const running = new AsyncLocalStorage<Faulty>()

/** Everything that starts in `work`, timers and sockets too, is the session's. */
export const runAsSession = <T>(session: Faulty, work: () => T): T => running.run(session, work)

/** The session whose code runs; null: the worker's own. */
export const sessionAtFault = (): Faulty | null => running.getStore() ?? null
