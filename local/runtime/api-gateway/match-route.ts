import type { Route } from '../cloud-context.ts'

export interface RouteMatch {
  readonly route: Route
  readonly pathParameters: Readonly<Record<string, string>> | null
}

/** Like API Gateway: a literal segment beats {name}, {name} beats {name+}; the method itself beats ANY. */
export const matchRoute = (routes: readonly Route[], method: string, path: string): RouteMatch | null => {
  const segments = path.split('/').filter(Boolean)
  const matches = routes
    .filter((route) => route.method === method || route.method === 'ANY')
    .map((route) => ({ route, found: matchPath(route.path.split('/').filter(Boolean), segments) }))
    .filter((candidate) => candidate.found !== null)
    .sort(
      (a, b) =>
        a.found!.rank.localeCompare(b.found!.rank) ||
        Number(a.route.method === 'ANY') - Number(b.route.method === 'ANY'),
    )
  const [best] = matches
  if (!best) return null
  const { parameters } = best.found!
  return { route: best.route, pathParameters: Object.keys(parameters).length ? parameters : null }
}

/** rank: one digit a segment, 0 literal, 1 parameter, 2 greedy: the smallest text wins */
const matchPath = (
  pattern: readonly string[],
  segments: readonly string[],
): { rank: string; parameters: Record<string, string> } | null => {
  const parameters: Record<string, string> = {}
  let rank = ''
  for (const [index, part] of pattern.entries()) {
    const greedy = /^\{(.+)\+\}$/.exec(part)
    if (greedy) {
      if (segments.length <= index) return null
      parameters[greedy[1]!] = segments.slice(index).map(decode).join('/')
      return { rank: `${rank}2`, parameters }
    }
    const segment = segments[index]
    if (segment === undefined) return null
    const parameter = /^\{(.+)\}$/.exec(part)
    if (parameter) parameters[parameter[1]!] = decode(segment)
    else if (part !== segment) return null
    rank += parameter ? '1' : '0'
  }
  return pattern.length === segments.length ? { rank, parameters } : null
}

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment // malformed escapes reach the handler as they are, which refuses them
  }
}
