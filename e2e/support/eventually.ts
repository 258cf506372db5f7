/**
 * Asks again until the answer is not null; the deadline is a failure with the words of the last doubt. For black-box
 * scenarios that can only poll.
 */
export const eventually = async <T>(
  what: string,
  ask: () => Promise<T | null | undefined | false>,
  deadlineMs = 30_000,
  pauseMs = 100,
): Promise<T> => {
  const until = Date.now() + deadlineMs
  let doubt = 'never answered'
  for (;;) {
    try {
      const answer = await ask()
      if (answer) return answer
      doubt = 'not yet'
    } catch (error) {
      doubt = error instanceof Error ? error.message : String(error)
    }
    if (Date.now() > until) throw new Error(`${what}: gave up after ${deadlineMs / 1000} s (${doubt})`)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
