import { BlockedAddressError } from './guarded-agent.ts'

/** Closed list of what can go wrong before there is an answer, or while its body comes. */
export type ConnectionError = 'dns_failed' | 'blocked_address' | 'connect_refused' | 'tls_failed' | 'timeout' | 'reset'

/** For our log; may name addresses, never shown to a customer. */
export const describeConnectionError = (error: unknown): string => {
  if (error instanceof BlockedAddressError) return `blocked ${error.address}`
  return error instanceof Error
    ? `${(error as NodeJS.ErrnoException).code ?? error.name}: ${error.message}`
    : String(error)
}

export const classifyConnectionError = (error: unknown): ConnectionError => {
  const chain = [error, (error as Error)?.cause, ...((error as AggregateError)?.errors ?? [])]
  if (chain.some((link) => link instanceof BlockedAddressError)) return 'blocked_address'
  const code = chain.map((link) => (link as NodeJS.ErrnoException)?.code ?? '').find(Boolean) ?? ''
  if (/^(ENOTFOUND|EAI_|ENODATA)/.test(code)) return 'dns_failed'
  if (/^ETIMEDOUT/.test(code)) return 'timeout'
  if (/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)/.test(code)) return 'connect_refused'
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code)) return 'tls_failed'
  return 'reset'
}
