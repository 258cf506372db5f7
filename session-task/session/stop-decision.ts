import type { SessionReason, SessionStatus } from '../../shared/core/session-status.ts'
import type { DisconnectInfo } from '../whatsapp/disconnect.ts'
import { DISCONNECT_MESSAGES } from '../whatsapp/disconnect.ts'
import type { ReconnectDecision } from '../whatsapp/reconnect-decision.ts'

export interface SessionStop {
  readonly status: SessionStatus
  readonly reason: SessionReason
  readonly eventType: string
}

/** What the tenant is told when no reconnect follows. */
export const describeStop = (
  info: DisconnectInfo,
  decision: Extract<ReconnectDecision, { action: 'stop' }>,
): SessionStop => {
  const { status, reason } = decision
  if (info.message === DISCONNECT_MESSAGES.qrEnded)
    return { status: 'failed', reason: { ...reason, code: 'qr_expired' }, eventType: 'session.failed' }
  // A pairing code that was refused leaves the session as unlinked as it was: for the tenant the link failed.
  if (status === 'created') return { status: 'failed', reason, eventType: 'session.failed' }
  return { status, reason, eventType: eventTypeOf(status) }
}

const eventTypeOf = (status: SessionStatus): string => {
  switch (status) {
    case 'loggedOut':
      return 'session.loggedOut'
    case 'restricted':
      return 'session.restricted'
    case 'failed':
      return 'session.failed'
    default:
      return 'session.disconnected'
  }
}
