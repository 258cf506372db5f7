import type { EventEmitter } from 'node:events'
import { decodeBinaryNode } from '@whiskeysockets/baileys'
import type { SessionLog } from '../auth-log/session-log.ts'

/** The library's event buffer lets go after 30 s at the latest; what lived twice as long is done. */
const FINISHED_AFTER_MS = 60_000

/**
 * Gives the library what an earlier connection had decrypted and receipted, but perhaps not worked in: the history that
 * brings LIDs and privacy tokens, shared keys. Decrypting is answered by the log, so no ratchet moves; the server takes
 * the second receipt for what it is. What was given, or came since, counts as finished once the connection has lived
 * with it for a minute.
 * @param frames the library's frame emitter
 * @returns start, to be called when the connection is open
 */
export const resumeUnfinished = (
  frames: EventEmitter,
  log: SessionLog,
  onFailure: (error: unknown) => void,
  finishedAfterMs: number = FINISHED_AFTER_MS,
): { start(): Promise<void>; stop(): void } => {
  const seenAt = new Map<string, number>()
  const startedWith = log.state.unfinished()

  const check = (): void => {
    const now = performance.now()
    const finished: string[] = []
    for (const { ciphertextHash } of log.state.unfinished()) {
      const since = seenAt.get(ciphertextHash)
      if (since === undefined) seenAt.set(ciphertextHash, now)
      else if (now - since >= finishedAfterMs) finished.push(ciphertextHash)
    }
    for (const hash of finished) seenAt.delete(hash)
    if (finished.length > 0) log.append([{ t: 'finished', ciphertextHashes: finished }])
  }

  let timer: NodeJS.Timeout | null = null

  return {
    start: async () => {
      timer ??= setInterval(
        () => {
          try {
            check()
          } catch (error) {
            onFailure(error)
          }
        },
        Math.ceil(finishedAfterMs / 4),
      )
      timer.unref()
      for (const { stanza } of startedWith)
        frames.emit('CB:message', await decodeBinaryNode(Buffer.from(stanza, 'base64')))
    },
    stop: () => {
      if (timer) clearInterval(timer)
    },
  }
}
