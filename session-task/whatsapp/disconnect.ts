import { isProxyError, TunnelError } from '../../shared/egress/guarded-tunnel.ts'

/** Why a connection ended. */
export interface DisconnectInfo {
  /** status code of baileys-facts §1.1; 0 when the library gave none (we closed it ourselves) */
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

/** An end of the connection that we decide ourselves, in the shape in which the library reports its own. */
export class DisconnectError extends Error {
  readonly output: { readonly statusCode: number }
  readonly data: unknown

  constructor(statusCode: number, message: string, data?: unknown) {
    super(message)
    this.name = 'DisconnectError'
    this.output = { statusCode }
    this.data = data
  }
}

/** Messages of disconnects that are told apart by text; the first ten are ours, the others Baileys'. */
export const DISCONNECT_MESSAGES = {
  loginTimedOut: 'Login timed out',
  backpressure: 'Backpressure',
  logLost: 'Session log lost',
  pairingCodeRefused: 'Pairing code refused',
  stanzaStuck: 'Stanza not answered',
  bufferStalled: 'Event buffer stalled',
  lockStalled: 'Transaction stalled',
  canarySilent: 'Canary not answered',
  proxyUnreachable: 'Proxy not reachable',
  journalFailed: 'Inbound stanza not journaled',
  intentionalLogout: 'Intentional Logout',
  qrEnded: 'QR refs attempts ended',
  unackedStanza: 'Stream Errored (ack)',
} as const

interface LibraryError {
  readonly message?: unknown
  readonly output?: { readonly statusCode?: unknown }
  readonly data?: unknown
}

/** Only names and attributes of what the server said: node contents and stacks do not belong into logs or rows. */
const describeData = (data: unknown): unknown => {
  if (typeof data !== 'object' || data === null) return data
  if (data instanceof Error) return { error: data.message }
  if ('tag' in data && 'attrs' in data) {
    const children = 'content' in data && Array.isArray(data.content) ? data.content : []
    return {
      tag: data.tag,
      attributes: data.attrs,
      ...(children.length > 0 ? { children: children.map((child: { tag?: unknown }) => child.tag) } : {}),
    }
  }
  return { attributes: data }
}

/**
 * @param error `lastDisconnect.error` of Baileys' connection.update; undefined when we ended the socket
 * @param hasOwnProxy the session leaves by a proxy of its tenant
 */
export const describeDisconnect = (error: unknown, hasOwnProxy = false): DisconnectInfo => {
  if (error === undefined || error === null) return { code: 0, message: 'Closed' }
  const { message, output, data } = error as LibraryError
  // Neither a code of WhatsApp nor an address: the way there is a secret of its tenant.
  if (hasOwnProxy && isProxyError(data)) {
    const problem =
      data instanceof TunnelError ? data.message : String((data as { code?: unknown }).code ?? 'no answer')
    return { code: 0, message: DISCONNECT_MESSAGES.proxyUnreachable, data: { problem } }
  }
  const statusCode = output?.statusCode
  const info = {
    code: typeof statusCode === 'number' ? statusCode : 500,
    message: typeof message === 'string' ? message : String(error),
  }
  return data === undefined || data === null ? info : { ...info, data: describeData(data) }
}
