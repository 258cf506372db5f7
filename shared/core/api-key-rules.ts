import type { Mode } from './tenant-scope.ts'

/** What a key may do, as far as it can be compared without looking anything up. */
export interface KeyGrant {
  readonly mode: Mode
  readonly scopes: readonly string[]
  readonly sessionId: string | null
  readonly ipAllow: readonly string[]
  /** epoch milliseconds; null: never */
  readonly expiresAt: number | null
}

export const holdsScopes = (grant: Pick<KeyGrant, 'scopes'>, needed: readonly string[]): boolean =>
  grant.scopes.includes('*') || needed.every((scope) => grant.scopes.includes(scope))

/**
 * A key can only make keys that are a subset of itself. @returns the first field that asks for more, null when none does
 * @param contains does the first address range contain the second?
 */
export const fieldBeyond = (
  parent: KeyGrant,
  child: KeyGrant,
  contains: (outer: string, inner: string) => boolean,
): keyof KeyGrant | null => {
  if (child.mode !== parent.mode) return 'mode'
  if (!holdsScopes(parent, child.scopes)) return 'scopes'
  if (parent.sessionId !== null && child.sessionId !== parent.sessionId) return 'sessionId'
  if (parent.expiresAt !== null && (child.expiresAt === null || child.expiresAt > parent.expiresAt)) return 'expiresAt'
  const narrower = child.ipAllow.every((inner) => parent.ipAllow.some((outer) => contains(outer, inner)))
  if (parent.ipAllow.length > 0 && (child.ipAllow.length === 0 || !narrower)) return 'ipAllow'
  return null
}
