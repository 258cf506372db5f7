import type { SessionRow } from '../../shared/store/rows/session.ts'
import type { ConnectionOptions } from '../whatsapp/connection.ts'

export type ConnectPlan =
  | { readonly plan: 'login' }
  | { readonly plan: 'link'; readonly link: NonNullable<ConnectionOptions['link']>; readonly freshCredentials: boolean }
  /** unlinked, and nobody asked to link: there is nothing to connect for */
  | { readonly plan: 'nothing' }

/** Credentials of a linked device, as `isLinked` of session-task/whatsapp sees them, without decoding their bytes. */
export const isLinkedCredentials = (creds: unknown): boolean => {
  const { me, account } = (creds ?? {}) as { me?: { id?: string } | null; account?: unknown }
  return Boolean(me?.id) && account !== undefined && account !== null
}

/**
 * How to connect. Credentials that the log holds win over a link request while no phone is known: then a worker died
 * between the pairing and the row. With a known phone the tenant asked to link anew, and they are the old ones.
 */
export const planConnection = (
  row: Pick<SessionRow, 'status' | 'phone' | 'link'> | null,
  creds: unknown,
): ConnectPlan => {
  const isLinked = isLinkedCredentials(creds)
  const wantsLink =
    row !== null && row.link !== null && ['linking', 'created', 'failed', 'stopped'].includes(row.status)
  const isRelink = isLinked && wantsLink && row.status === 'linking' && row.phone !== null
  if (isLinked && !isRelink) return { plan: 'login' }
  if (!wantsLink || row.link === null) return { plan: 'nothing' }
  const link = row.link.method === 'qr' ? { method: 'qr' as const } : { method: 'code' as const, phone: row.link.phone }
  return { plan: 'link', link, freshCredentials: true }
}
