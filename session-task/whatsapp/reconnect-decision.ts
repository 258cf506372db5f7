import { fullJitterMs } from '../../shared/core/backoff.ts'
import type { SessionReason, SessionStatus } from '../../shared/core/session-status.ts'
import type { DisconnectInfo } from './disconnect.ts'
import { DISCONNECT_MESSAGES } from './disconnect.ts'

const SECOND_MS = 1_000
const BACKOFF_BASE_MS = SECOND_MS
const BACKOFF_CAP_MS = 60 * SECOND_MS
/** an open connection that lived this long makes earlier failures forgotten */
const STABLE_MS = 60 * SECOND_MS
const OUTDATED_MS = 300 * SECOND_MS
const RESTARTS_PER_MINUTE = 3
const CONFLICTS_PER_WINDOW = 3
/** a login that was under way when its process died is through by then */
const FIRST_CONFLICT_MS = 3 * SECOND_MS
const CONFLICT_WINDOW_MS = 600 * SECOND_MS

/** What is known of the session's earlier connections. Plain data; `decideReconnect` returns the next one. */
export interface ReconnectHistory {
  readonly isLinked: boolean
  /** when the connection that just closed had opened; null when it never did */
  readonly openedAt: number | null
  readonly failures: number
  readonly restartsAt: readonly number[]
  readonly conflictsAt: readonly number[]
  /** a 401 right after an open is tried once more before it is believed */
  readonly retriedLogout: boolean
  /** a 405 was tried once more soon after; from then on seldom */
  readonly retriedVersion: boolean
}

export const NEW_HISTORY: ReconnectHistory = {
  isLinked: false,
  openedAt: null,
  failures: 0,
  restartsAt: [],
  conflictsAt: [],
  retriedLogout: false,
  retriedVersion: false,
}

export type ReconnectDecision =
  /** open a new connection after the delay. `verifyOwnership`: only if lease and HEAD still name this worker. */
  | {
      readonly action: 'reconnect'
      readonly delayMs: number
      readonly status: SessionStatus
      readonly reason: SessionReason | null
      readonly verifyOwnership: boolean
      /** somebody should look at it although it heals by itself */
      readonly alarm: boolean
    }
  /** no new connection until somebody acts, or until `resumeAt` (epoch ms) */
  | {
      readonly action: 'stop'
      readonly status: SessionStatus
      readonly reason: SessionReason
      readonly resumeAt: number | null
      readonly alarm: boolean
    }
  /** we ended it ourselves: whoever did so knows what comes next */
  | { readonly action: 'none' }

export interface Decided {
  readonly decision: ReconnectDecision
  readonly history: ReconnectHistory
}

interface Stop {
  readonly status: SessionStatus
  readonly code: string
  readonly retryable: boolean
  readonly nextAction: string
  readonly alarm: boolean
}

const stop = (status: SessionStatus, code: string, nextAction: string, retryable = false, alarm = false): Stop => ({
  status,
  code,
  retryable,
  nextAction,
  alarm,
})

/** Codes that no reconnect can heal (baileys-facts §1.1). */
const TERMINAL: ReadonlyMap<number, Stop> = new Map([
  [401, stop('loggedOut', 'device_removed', 'link')],
  [403, stop('failed', 'account_locked', 'check_phone')],
  [406, stop('failed', 'account_banned', 'check_phone')],
  [409, stop('failed', 'client_refused', 'contact_operator', false, true)],
  [411, stop('loggedOut', 'multi_device_mismatch', 'link')],
  [413, stop('failed', 'client_refused', 'contact_operator', false, true)],
  [414, stop('failed', 'client_refused', 'contact_operator', false, true)],
  [415, stop('failed', 'client_refused', 'contact_operator', false, true)],
  [418, stop('failed', 'client_refused', 'contact_operator', false, true)],
])

/** of reconnects that somebody can help along; the others just go on */
const NEXT_ACTIONS: Readonly<Record<string, string>> = {
  client_outdated: 'update_whatsapp_version',
  proxy_unreachable: 'check_proxy',
}

const DEAF: ReadonlySet<string> = new Set([
  DISCONNECT_MESSAGES.stanzaStuck,
  DISCONNECT_MESSAGES.bufferStalled,
  DISCONNECT_MESSAGES.lockStalled,
  DISCONNECT_MESSAGES.canarySilent,
])

const attributeOf = (info: DisconnectInfo, name: string): unknown => {
  const attributes = (info.data as { attributes?: Record<string, unknown> } | undefined)?.attributes
  return attributes?.[name]
}

/**
 * What to do after a connection closed: the table of baileys-facts §1.1 as a pure function. Credentials are never
 * deleted here; a logged-out session keeps them until the tenant links again.
 * @param now    epoch milliseconds
 * @param random in [0, 1), for the jitter
 */
export const decideReconnect = (
  info: DisconnectInfo,
  before: ReconnectHistory,
  now: number,
  random: number,
): Decided => {
  const wasStable = before.openedAt !== null && now - before.openedAt >= STABLE_MS
  const history: ReconnectHistory = {
    ...before,
    openedAt: null,
    failures: wasStable ? 0 : before.failures,
    retriedLogout: wasStable ? false : before.retriedLogout,
    retriedVersion: wasStable ? false : before.retriedVersion,
    restartsAt: before.restartsAt.filter((at) => now - at < STABLE_MS),
    conflictsAt: before.conflictsAt.filter((at) => now - at < CONFLICT_WINDOW_MS),
  }
  const waCode = info.code > 0 ? { waCode: info.code } : {}
  const reason = (code: string, retryable: boolean, nextAction: string): SessionReason => ({
    code,
    ...waCode,
    retryable,
    nextAction,
    since: now,
  })
  const stopped = (end: Stop, resumeAt: number | null = null): Decided => ({
    decision: {
      action: 'stop',
      status: end.status,
      reason: reason(end.code, end.retryable, end.nextAction),
      resumeAt,
      alarm: end.alarm,
    },
    history,
  })
  const reconnect = (
    code: string | null,
    delayMs: number,
    next: Partial<ReconnectHistory> = {},
    flags: { verifyOwnership?: boolean; alarm?: boolean } = {},
  ): Decided => ({
    decision: {
      action: 'reconnect',
      delayMs,
      status: before.isLinked ? 'reconnecting' : 'linking',
      reason: code === null ? null : reason(code, true, NEXT_ACTIONS[code] ?? 'wait'),
      verifyOwnership: flags.verifyOwnership ?? false,
      alarm: flags.alarm ?? false,
    },
    history: { ...history, ...next },
  })
  const backOff = (code: string, next: Partial<ReconnectHistory> = {}, alarm = false): Decided =>
    reconnect(
      code,
      fullJitterMs(history.failures, BACKOFF_BASE_MS, BACKOFF_CAP_MS, random),
      { failures: history.failures + 1, ...next },
      { alarm },
    )

  if (info.message === DISCONNECT_MESSAGES.pairingCodeRefused) {
    return stopped(stop('created', 'pairing_code_refused', 'link', true))
  }
  switch (info.code) {
    case 0:
      if (info.message === DISCONNECT_MESSAGES.proxyUnreachable) return backOff('proxy_unreachable')
      return info.message === DISCONNECT_MESSAGES.backpressure
        ? backOff('backpressure', {}, true)
        : { decision: { action: 'none' }, history }
    case 515:
      // expected right after pairing; not an error, so no failure is counted
      return history.restartsAt.length < RESTARTS_PER_MINUTE
        ? reconnect(null, 0, { restartsAt: [...history.restartsAt, now] })
        : backOff('restart_required', { restartsAt: [...history.restartsAt, now] })
    case 408:
      if (info.message === DISCONNECT_MESSAGES.qrEnded) return stopped(stop('created', 'link_expired', 'link', true))
      // open, answering pings, and deaf (baileys-facts §1.7): it heals by reconnecting, the cause stays
      return DEAF.has(info.message) ? backOff('connection_deaf', {}, true) : backOff('connection_lost')
    case 428:
      return backOff('connection_closed')
    case 500:
      if (info.message === DISCONNECT_MESSAGES.journalFailed) return backOff('journal_failed', {}, true)
      // a stanza that was never acked: it heals by reconnecting, but comes back every 50 minutes until it is repaired
      return info.message === DISCONNECT_MESSAGES.unackedStanza
        ? backOff('unacked_stanza', {}, true)
        : backOff('server_error')
    case 501:
    case 503:
      return backOff('server_unavailable')
    case 402: {
      const expiresInSeconds = Number(attributeOf(info, 'expire'))
      const resumeAt = expiresInSeconds > 0 ? now + expiresInSeconds * SECOND_MS : null
      return stopped(
        stop('restricted', 'temporary_ban', resumeAt ? 'wait' : 'check_phone', resumeAt !== null),
        resumeAt,
      )
    }
    case 440:
      // Another socket has our credentials: never fight for them, ask who owns the session first. The first time it most
      // likely is a login that a dead owner before us had under way; whoever comes again is somebody to keep away from.
      return history.conflictsAt.length < CONFLICTS_PER_WINDOW
        ? reconnect(
            'connection_replaced',
            history.conflictsAt.length === 0
              ? FIRST_CONFLICT_MS + Math.floor(random * FIRST_CONFLICT_MS)
              : 30 * SECOND_MS + Math.floor(random * 30 * SECOND_MS),
            { conflictsAt: [...history.conflictsAt, now] },
            { verifyOwnership: true },
          )
        : stopped(stop('failed', 'connection_replaced', 'restart', true, true))
    case 401: {
      const openedJustNow = before.openedAt !== null && !wasStable
      const isOurs = info.message === DISCONNECT_MESSAGES.intentionalLogout
      if (openedJustNow && !history.retriedLogout && !isOurs)
        return backOff('logout_unconfirmed', { retriedLogout: true })
      return stopped(isOurs ? stop('loggedOut', 'logged_out', 'link') : (TERMINAL.get(401) as Stop))
    }
    case 405:
      // It heals with another version in the configuration, so the session must not stop: nobody would start it then.
      return history.retriedVersion
        ? reconnect('client_outdated', OUTDATED_MS + Math.floor(random * OUTDATED_MS), {}, { alarm: true })
        : reconnect('client_outdated', BACKOFF_CAP_MS, { retriedVersion: true }, { alarm: true })
    default: {
      const terminal = TERMINAL.get(info.code)
      // 400: the Noise handshake or the certificate failed. Nobody may be talked to, but the next attempt may be sane
      return terminal ? stopped(terminal) : backOff('unexpected_close', {}, true)
    }
  }
}
