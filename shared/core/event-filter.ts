/** Does an endpoint that asked for `patterns` want this type? `message.*` and `*` are the only wildcards. */
export const wantsEvent = (patterns: readonly string[], type: string): boolean =>
  patterns.some((pattern) =>
    pattern === '*' ? true : pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type,
  )
