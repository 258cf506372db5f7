const DEFAULT_WAIT_SECONDS = 8
/** The gateway gives up after 29 s, and the function after 28. */
const WAIT_SECONDS_MAX = 20

/**
 * How long a caller wants to wait for an answer (RFC 7240). What cannot be understood is ignored, as the RFC says.
 * @returns seconds, and what to say in Preference-Applied; null when no preference was applied
 */
export const parsePreferWait = (
  header: string | null,
  defaultSeconds = DEFAULT_WAIT_SECONDS,
): { waitSeconds: number; applied: string | null } => {
  const preferences = (header ?? '').split(',').map((part) => part.trim().toLowerCase())
  const wait = preferences
    .map((part) => /^wait\s*=\s*"?(\d{1,6})"?$/.exec(part)?.[1])
    .find((text) => text !== undefined)
  if (wait !== undefined) {
    const waitSeconds = Math.min(Number(wait), WAIT_SECONDS_MAX)
    return { waitSeconds, applied: `wait=${waitSeconds}` }
  }
  if (preferences.includes('respond-async')) return { waitSeconds: 0, applied: 'respond-async' }
  return { waitSeconds: defaultSeconds, applied: null }
}
