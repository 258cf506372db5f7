import { AsyncLocalStorage } from 'node:async_hooks'
import type { SignalKeyStore, WASocket } from '@whiskeysockets/baileys'
import { KeyedLock } from '../keyed-lock.ts'

/** longer than a slow device list of a big group, shorter than the library's query time-out */
const TIME_BOX_MS = 45_000
/** three query time-outs: it will never end */
const HUNG_AFTER_MS = 180_000

export interface TransactionLimits {
  /** how long a transaction may keep others waiting */
  readonly timeBoxMs: number
  readonly hungAfterMs: number
}

/** What became of a transaction that takes too long: others go on beside it, or it will never end. */
export type TransactionTrouble = 'timeBoxed' | 'hung'

/**
 * Symptom: keys set inside the socket's own transactions reach the store only after the frame left (the new pre-key of
 * a retry receipt: "Invalid PreKey ID" after a crash), or never, when a promise outlives its transaction (the
 * timestamp of every privacy token; simulator-facts §4, baileys-facts §2.6 known gap). All callers look the methods up
 * on one shared object, so they are replaced on it: every set is in the log at once, `transaction` is a lock only.
 * The library holds that lock over network calls, so one hung query mutes the session
 * (https://github.com/fazer-ai/baileys-api/issues/379): after a time others go on beside it. What they could disturb is
 * stored by then: ids are taken and keys are set before a transaction waits for the network.
 * @param onTrouble called once for each transaction and trouble
 */
export const writeKeysThrough = (
  socket: Pick<WASocket, 'authState'>,
  store: SignalKeyStore,
  onTrouble: (name: string, trouble: TransactionTrouble) => void,
  limits: TransactionLimits = { timeBoxMs: TIME_BOX_MS, hungAfterMs: HUNG_AFTER_MS },
): void => {
  const locks = new KeyedLock()
  const holder = new AsyncLocalStorage<{ isActive: boolean }>()

  const runActive = async <T>(work: () => Promise<T>): Promise<T> => {
    const context = { isActive: true }
    try {
      return await holder.run(context, work)
    } finally {
      context.isActive = false
    }
  }

  /** Holds the lock until the work ends, but not for longer than the time box; the work itself goes on. */
  const runTimeBoxed = async <T>(work: () => Promise<T>, name: string): Promise<T> => {
    const { promise: started, resolve: onStarted } = Promise.withResolvers<{ result: Promise<T> }>()
    void locks.run([name], async () => {
      const { promise: letGo, resolve: release } = Promise.withResolvers<void>()
      const timeBox = setTimeout(() => {
        onTrouble(name, 'timeBoxed')
        release()
      }, limits.timeBoxMs)
      const hung = setTimeout(() => onTrouble(name, 'hung'), limits.hungAfterMs)
      timeBox.unref()
      hung.unref()
      const result = runActive(work)
      const end = (): void => {
        clearTimeout(timeBox)
        clearTimeout(hung)
        release()
      }
      result.then(end, end)
      // within an object: a promise of a promise would wait for it here
      onStarted({ result })
      await letGo
    })
    return (await started).result
  }

  Object.assign(socket.authState.keys, {
    get: store.get,
    set: store.set,
    isInTransaction: () => holder.getStore()?.isActive === true,
    // nested calls run under the outer lock, as in the library
    transaction: <T>(work: () => Promise<T>, name: string): Promise<T> =>
      holder.getStore()?.isActive ? work() : runTimeBoxed(work, name),
  })
}
