import { validationFault } from './validate.ts'

/** Beyond the times that rows can hold (13 digits of milliseconds). */
const LATEST = 9_999_999_999_999

/** Epoch milliseconds of a customer's time, cut off to what rows can hold. */
export const inRange = (text: string): number => Math.min(LATEST, Math.max(0, Date.parse(text)))

/**
 * A span of time as a customer writes it; times before 1970 or after 2286 are cut off.
 * @throws Fault validation_failed when it ends before it begins
 */
export const readSpan = (
  span: { since?: string | undefined; until?: string | undefined },
  where: 'query' | 'body',
): { since: number; until: number } => {
  const since = span.since === undefined ? 0 : inRange(span.since)
  const until = span.until === undefined ? LATEST : inRange(span.until)
  if (since > until) throw validationFault([{ path: 'since', message: 'Must not be after until' }], where)
  return { since, until }
}
