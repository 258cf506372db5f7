import type { SessionReason } from '../../shared/core/session-status.ts'
import { steadyNow } from '../auth-log/steady-now.ts'
import type { DisconnectInfo } from '../whatsapp/disconnect.ts'
import { type Decided, decideReconnect, type ReconnectHistory } from '../whatsapp/reconnect-decision.ts'

const shifted = <R extends SessionReason | null>(reason: R, ms: number): R =>
  reason && { ...reason, since: Math.round(reason.since + ms) }

/** The disconnect table, asked by the monotonic clock, that no setting of the clock moves; what people read has wall time. */
export const decideAfterClose = (info: DisconnectInfo, before: ReconnectHistory): Decided => {
  const now = steadyNow()
  const { decision, history } = decideReconnect(info, before, now, Math.random())
  const offset = Date.now() - now
  switch (decision.action) {
    case 'none':
      return { decision, history }
    case 'reconnect':
      return { decision: { ...decision, reason: shifted(decision.reason, offset) }, history }
    case 'stop':
      return { decision: { ...decision, reason: shifted(decision.reason, offset) }, history }
  }
}
