import type { LogFault } from './log-fault.ts'

export const SESSION_STATUSES = [
  'created',
  'linking',
  'connecting',
  'connected',
  'reconnecting',
  'restricted',
  'loggedOut',
  'stopped',
  'failed',
] as const
export type SessionStatus = (typeof SESSION_STATUSES)[number]

/** Why a session is where it is, and what somebody can do about it. `since` is epoch milliseconds in rows. */
export interface SessionReason {
  readonly code: string
  readonly waCode?: number
  /** of `state_lost` and `log_future_format`: what is wrong with the session's log (log-fault.ts) */
  readonly fault?: LogFault
  readonly retryable: boolean
  readonly nextAction: string
  readonly since: number
}

/** States in which a message may be accepted; it waits while the session is not connected (protocol §2). */
export const acceptsMessages = (status: SessionStatus): boolean =>
  !(['created', 'linking', 'loggedOut'] as SessionStatus[]).includes(status)
