import { AsyncLocalStorage } from 'node:async_hooks'
import type { SignalKeyStore, WASocket } from '@whiskeysockets/baileys'
import { KeyedLock } from '../keyed-lock.ts'

/**
 * Symptom: keys set inside the socket's own transactions reach the store only after the frame left (the new pre-key of
 * a retry receipt: "Invalid PreKey ID" after a crash), or never, when a promise outlives its transaction (the
 * timestamp of every privacy token; simulator-facts §4, baileys-facts §2.6 known gap). All callers look the methods up
 * on one shared object, so they are replaced on it: every set is in the log at once, `transaction` is a lock only.
 */
export const writeKeysThrough = (socket: Pick<WASocket, 'authState'>, store: SignalKeyStore): void => {
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
        try {
          return await holder.run(context, work)
        } finally {
          context.isActive = false
        }
      })
    },
  })
}
