import type { LogLoss, SessionLog } from '../auth-log/session-log.ts'

type LossListener = (loss: LogLoss) => void

/** A log outlives its sockets and knows no unsubscribing: one subscription per log, the sockets come and go here. */
const listenersOfLog = new WeakMap<SessionLog, Set<LossListener>>()

/** @returns ends the subscription, so that a closed socket is not held for as long as the session is owned */
export const onLogLost = (log: SessionLog, listener: LossListener): (() => void) => {
  let listeners = listenersOfLog.get(log)
  if (!listeners) {
    const created = new Set<LossListener>()
    listeners = created
    listenersOfLog.set(log, created)
    log.onLost((loss) => {
      for (const each of created) each(loss)
    })
  }
  listeners.add(listener)
  return () => listeners.delete(listener)
}
