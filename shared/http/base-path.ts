import type { ProxyEvent } from './gateway.ts'

/**
 * What stands before the path as the caller sees it: `/v` under API Gateway's own address (the stage), nothing under a name
 * of one's own. The event's `path` never has it, `requestContext.path` does.
 */
export const basePathOf = ({ path, requestContext }: ProxyEvent): string => {
  const seen = requestContext.path ?? path
  return seen.endsWith(path) ? seen.slice(0, seen.length - path.length) : ''
}

/** A Location is relative to the host: without the stage it would lead past the API. Stored answers do not have it. */
export const locationFor = (event: ProxyEvent, headers: Readonly<Record<string, string>>): Record<string, string> =>
  headers.Location?.startsWith('/') ? { Location: basePathOf(event) + headers.Location } : {}
