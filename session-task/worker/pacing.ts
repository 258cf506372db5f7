/** At most one turn per interval; each caller waits for its own. */
export const makePacer = (intervalMs: number): (() => Promise<void>) => {
  let nextAt = 0
  return async () => {
    const now = performance.now()
    const at = Math.max(now, nextAt)
    nextAt = at + intervalMs
    if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now))
  }
}

/** Runs tasks one after the other, whether or not the one before failed. */
export const makeQueue = (): (<T>(task: () => Promise<T>) => Promise<T>) => {
  let tail: Promise<unknown> = Promise.resolve()
  return (task) => {
    const result = tail.then(task, task)
    tail = result.catch(() => undefined)
    return result
  }
}
