/** Asks until the answer is true; the deadline is a failure. Emulators answer in milliseconds, so it asks often. */
export const eventually = async (what: string, ask: () => Promise<boolean> | boolean, deadlineMs = 10_000) => {
  const until = performance.now() + deadlineMs
  while (!(await ask())) {
    if (performance.now() > until) throw new Error(`${what}: not within ${deadlineMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
