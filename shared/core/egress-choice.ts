import { createHash } from 'node:crypto'

/**
 * The way out of one account: the same on every worker and after every restart, without anything stored (rendezvous
 * hashing). Taking one way out of the list moves only the accounts that used it.
 * @returns null when there is none to choose from: the worker's own network
 */
export const chooseEgress = (sessionId: string, egresses: readonly string[]): string | null => {
  let best: { readonly egress: string; readonly weight: string } | null = null
  for (const egress of egresses) {
    const weight = createHash('sha256').update(`${sessionId}\0${egress}`).digest('hex')
    if (!best || weight > best.weight) best = { egress, weight }
  }
  return best?.egress ?? null
}
