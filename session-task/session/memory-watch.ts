import { decideMemory, SESSION_BUDGET_BYTES } from '../../shared/core/memory-budget.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import { cachedEntries } from '../whatsapp/session-caches.ts'
import type { SessionContext } from './session-context.ts'

const WEIGH_MS = 60_000
const CACHED_BYTES = 300

/** Weighs a session now and then, and says when it holds so much that it has to be opened anew. */
export class MemoryWatch {
  readonly #context: SessionContext
  /** by the monotonic clock */
  #recycledAt: number | null = null

  constructor(context: SessionContext) {
    this.#context = context
  }

  /** @returns ends the watch */
  watch(sessionLog: SessionLog, onTooBig: () => void): () => void {
    const timer = setInterval(() => {
      const bytes = sessionLog.state.approximateBytes() + cachedEntries(sessionLog) * CACHED_BYTES
      if (this.#isToRecycle(bytes)) onTooBig()
    }, this.#context.services.memory?.checkMs ?? WEIGH_MS)
    timer.unref()
    return () => clearInterval(timer)
  }

  #isToRecycle(bytes: number): boolean {
    const { log, services } = this.#context
    const budgetBytes = services.memory?.budgetBytes ?? SESSION_BUDGET_BYTES
    const now = performance.now()
    switch (decideMemory({ bytes, budgetBytes, recycledAt: this.#recycledAt }, now)) {
      case 'fits':
        return false
      case 'tooBig':
        log.error({ bytes, budgetBytes }, 'the log of this session is above its memory budget')
        return false
      case 'recycle':
        this.#recycledAt = now
        log.error({ bytes, budgetBytes }, 'the session is above its memory budget, it is opened anew')
        return true
    }
  }
}
