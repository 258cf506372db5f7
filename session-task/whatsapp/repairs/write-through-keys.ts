import { AsyncLocalStorage } from 'node:async_hooks'
import type { SignalKeyStore, WASocket } from '@whiskeysockets/baileys'
import { KeyedLock } from '../keyed-lock.ts'

/** longer than a slow device list of a big group, shorter than the library's query time-out */
const STALLED_AFTER_MS = 45_000

/**
 * Symptom: keys set inside the socket's own transactions reach the store only after the frame left (the new pre-key of
 * a retry receipt: "Invalid PreKey ID" after a crash), or never, when a promise outlives its transaction (the
 * timestamp of every privacy token; simulator-facts §4, baileys-facts §2.6 known gap). All callers look the methods up
 * on one shared object, so they are replaced on it: every set is in the log at once, `transaction` is a lock only.
 * The lock is held over network calls, so one hung query mutes the session (fazer-ai/baileys-api#379): a
 * transaction that lasts too long is reported.
 * @param onStalled called once for each such transaction
 */
export const writeKeysThrough = (
  socket: Pick<WASocket, 'authState'>,
  store: SignalKeyStore,
  onStalled: (name: string) => void,
  stalledAfterMs: number = STALLED_AFTER_MS,
): void => {
  const locks = new KeyedLock()
  const holder = new AsyncLocalStorage<{ isActive: boolean }>()
  Object.assign(socket.authState.keys, {
    get: store.get,
    set: store.set,
    isInTransaction: () => holder.getStore()?.isActive === true,
    transaction: async <T>(work: () => Promise<T>, name: string): Promise<T> => {
      // nested calls run under the outer lock, as in the library
      if (holder.getStore()?.isActive) return work()
      return locks.run([name], async () => {
        const context = { isActive: true }
        const stalled = setTimeout(() => onStalled(name), stalledAfterMs)
        stalled.unref()
        try {
          return await holder.run(context, work)
        } finally {
          clearTimeout(stalled)
          context.isActive = false
        }
      })
    },
  })
}
