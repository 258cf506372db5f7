/**
 * Do these credentials (JSON text) belong to a linked device? `account` comes with pair-success only; `me` alone is also
 * written by a pairing code that nobody entered.
 */
export const holdsLinkedDevice = (creds: string): boolean => {
  const { me, account } = (JSON.parse(creds) ?? {}) as { me?: { id?: string } | null; account?: unknown }
  return Boolean(me?.id) && account !== undefined && account !== null
}
