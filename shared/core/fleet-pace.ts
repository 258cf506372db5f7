/** Reconnects a worker may begin per second: WhatsApp sees one address per worker (protocol §3). */
export const RECONNECTS_PER_SECOND = 5

/**
 * How many allocations one reconciler pass starts: no more than there are free slots (and one more, which makes capacity
 * come), and no more than the READY workers can connect until the next pass.
 */
export const allocationAllowance = (input: { free: number; readyWorkers: number; passSeconds: number }): number =>
  Math.min(input.free, Math.max(1, input.readyWorkers) * RECONNECTS_PER_SECOND * input.passSeconds) + 1
