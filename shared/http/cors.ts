/** Answers that a page of another origin may read, beyond the few that browsers always show. */
const EXPOSED =
  'X-Request-Id, Retry-After, Location, ETag, Idempotent-Replayed, Next-Cursor, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset'

/**
 * CORS headers for a request's Origin: only for origins of the deployment's allow-list, named one by one. There is no `*`
 * and no credential: the key is a header that the page sends itself.
 */
export const corsHeaders = (origin: string | null, allowed: readonly string[]): Record<string, string> => {
  if (allowed.length === 0) return {}
  if (origin === null || !allowed.includes(origin)) return { Vary: 'Origin' }
  return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED, Vary: 'Origin' }
}
