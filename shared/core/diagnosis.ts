import type { SessionReason, SessionStatus } from './session-status.ts'

/** What is known of a session from its rows; times are epoch milliseconds. */
export interface DiagnosisView {
  readonly session: {
    readonly status: SessionStatus
    readonly reason: SessionReason | null
    readonly phone: string | null
    readonly connectedAt: number | null
    /** the QR or code on show, if any */
    readonly hasLinkSight: boolean
    readonly restrictedUntil: number | null
  }
  readonly lease: {
    readonly desired: 'RUNNING' | 'STOPPED' | 'LOGGED_OUT' | 'DELETED'
    readonly hasOwner: boolean
    readonly settled: boolean
    readonly crashes: number
  }
  /** of the owner; null when nobody owns the session, or its worker is gone */
  readonly worker: { readonly isServing: boolean; readonly heartbeatAt: number } | null
  readonly queue: { readonly waiting: number; readonly nextAt: number | null }
}

export type CheckStatus = 'ok' | 'waiting' | 'problem'

export interface Check {
  readonly name: 'link' | 'desired' | 'worker' | 'stability' | 'connection' | 'queue'
  readonly status: CheckStatus
  readonly detail: string
}

export interface Diagnosis {
  readonly healthy: boolean
  readonly summary: string
  /** in the order in which one depends on the other: the first that is not ok explains the rest */
  readonly checks: readonly Check[]
  readonly nextAction: {
    readonly code: string
    readonly by: 'nobody' | 'tenant' | 'operator'
    readonly description: string
  }
}

/** a beat comes every 10 s, the reaper waits 30 s */
const SILENT_MS = 45_000
const QUARANTINE_CRASHES = 5

const ACTIONS: Readonly<Record<string, { by: Diagnosis['nextAction']['by']; description: string }>> = {
  none: { by: 'nobody', description: 'Nothing to do.' },
  wait: { by: 'nobody', description: 'Nothing to do: it goes on by itself.' },
  link: { by: 'tenant', description: 'Link the phone: POST /v1/sessions/{sessionId}/link.' },
  scan: { by: 'tenant', description: 'Scan the QR or enter the code on the phone: GET /v1/sessions/{sessionId}/qr.' },
  start: { by: 'tenant', description: 'Start the session: POST /v1/sessions/{sessionId}/start.' },
  restart: { by: 'tenant', description: 'Restart the session: POST /v1/sessions/{sessionId}/restart.' },
  check_proxy: {
    by: 'tenant',
    description:
      "The session's own proxy refuses or cannot be reached: repair it, or PATCH /v1/sessions/{sessionId} with another proxy or null. It is tried again by itself.",
  },
  check_phone: { by: 'tenant', description: 'Open WhatsApp on the phone: it says what is wrong with the account.' },
  unlink_on_phone: {
    by: 'tenant',
    description: 'WhatsApp could not be told: remove the device on the phone, under Linked devices.',
  },
  update_whatsapp_version: {
    by: 'operator',
    description: 'WhatsApp refuses this client version: the operator has to configure a newer one.',
  },
  finish_upgrade: {
    by: 'operator',
    description: 'A newer version wrote its log: finish the upgrade, or roll forward again (docs/upgrade.md).',
  },
  restore_log: {
    by: 'operator',
    description: 'Put the objects of its log back from their versions, then restart it (docs/disaster-recovery.md).',
  },
  restore_tenant_key: {
    by: 'operator',
    description: "The tenant's key is not the one that its log was written with (docs/disaster-recovery.md).",
  },
  contact_operator: { by: 'operator', description: 'Somebody who runs this deployment has to look at it.' },
}

/** Why is this session down, and what helps? Pure: the same rows give the same answer. */
export const diagnose = (view: DiagnosisView, now: number): Diagnosis => {
  const checks = [
    checkLink(view),
    checkDesired(view),
    checkStability(view),
    checkWorker(view, now),
    checkConnection(view, now),
    checkQueue(view, now),
  ]
  const first = checks.find(({ status }) => status === 'problem') ?? checks.find(({ status }) => status === 'waiting')
  const action = actionOf(view, first)
  return {
    healthy: checks.every(({ status }) => status === 'ok'),
    summary: first?.detail ?? 'The session is connected.',
    checks,
    nextAction: { code: action, ...(ACTIONS[action] ?? { by: 'operator', description: 'See the runbook.' }) },
  }
}

const check = (name: Check['name'], status: CheckStatus, detail: string): Check => ({ name, status, detail })

const checkLink = ({ session }: DiagnosisView): Check => {
  switch (session.status) {
    case 'created':
      return check('link', 'problem', 'No phone is linked yet.')
    case 'loggedOut':
      return check('link', 'problem', `The phone was unlinked (${session.reason?.code ?? 'logged_out'}).`)
    case 'linking':
      return session.hasLinkSight
        ? check('link', 'waiting', 'A QR or code is on show and waits for the phone.')
        : check('link', 'waiting', 'A QR or code is being asked for.')
    default:
      return session.phone === null
        ? check('link', 'problem', `Linking failed (${session.reason?.code ?? 'unknown'}).`)
        : check('link', 'ok', `Linked to ${session.phone}.`)
  }
}

const checkDesired = ({ lease, session }: DiagnosisView): Check => {
  if (lease.desired === 'RUNNING') return check('desired', 'ok', 'The session is meant to run.')
  if (session.status === 'created') return check('desired', 'waiting', 'The session was never started.')
  return session.reason && session.status === 'failed'
    ? check('desired', 'problem', `It was stopped for good: ${session.reason.fault ?? session.reason.code}.`)
    : check('desired', 'problem', 'The session is meant to be stopped.')
}

const checkStability = ({ lease, session }: DiagnosisView): Check => {
  if (session.reason?.code === 'quarantined' || lease.crashes >= QUARANTINE_CRASHES)
    return check('stability', 'problem', `Set aside after ${lease.crashes} crashes.`)
  return lease.crashes > 0
    ? check('stability', 'waiting', `${lease.crashes} crashes are counted; ten connected minutes clear them.`)
    : check('stability', 'ok', 'No crash is counted.')
}

const checkWorker = ({ lease, worker }: DiagnosisView, now: number): Check => {
  if (lease.desired !== 'RUNNING') return check('worker', 'ok', 'A session that is not meant to run needs no worker.')
  if (!lease.hasOwner) return check('worker', 'waiting', 'No worker has it yet; one is being looked for.')
  if (!worker?.isServing) return check('worker', 'waiting', 'Its worker is gone; another one is being looked for.')
  const silentMs = now - worker.heartbeatAt
  return silentMs > SILENT_MS
    ? check('worker', 'problem', `Its worker has been silent for ${Math.round(silentMs / 1_000)} s.`)
    : check('worker', 'ok', 'A worker has it.')
}

const checkConnection = ({ session, lease }: DiagnosisView, now: number): Check => {
  const { code, waCode, fault } = session.reason ?? {}
  const why = [code, waCode, fault].filter((part) => part !== undefined).join(' ')
  if (session.status === 'connected' && session.restrictedUntil !== null && session.restrictedUntil > now)
    return check(
      'connection',
      'waiting',
      `Connected, but WhatsApp allows no new chats before ${new Date(session.restrictedUntil).toISOString()}.`,
    )
  switch (session.status) {
    case 'connected':
      return check('connection', 'ok', 'Connected to WhatsApp.')
    case 'restricted':
      return check('connection', 'problem', `WhatsApp restricts the account (${why}).`)
    case 'failed':
      return check('connection', 'problem', `Failed: ${why}.`)
    case 'connecting':
    case 'reconnecting':
      return check('connection', 'waiting', why ? `Connecting again (${why}).` : 'Connecting.')
    default:
      return lease.desired === 'RUNNING'
        ? check('connection', 'waiting', 'Not connected yet.')
        : check('connection', 'ok', 'Not connected, as asked.')
  }
}

const checkQueue = ({ queue, session }: DiagnosisView, now: number): Check => {
  if (queue.waiting === 0) return check('queue', 'ok', 'No message waits.')
  if (queue.nextAt !== null && queue.nextAt > now)
    return check(
      'queue',
      'ok',
      `${queue.waiting} messages wait for their time, the next at ${new Date(queue.nextAt).toISOString()}.`,
    )
  return session.status === 'connected'
    ? check('queue', 'ok', `${queue.waiting} messages are being sent.`)
    : check('queue', 'waiting', `${queue.waiting} messages wait for the connection.`)
}

const actionOf = ({ session, lease }: DiagnosisView, first: Check | undefined): string => {
  if (!first) return 'none'
  if (session.status === 'linking') return session.hasLinkSight ? 'scan' : (session.reason?.nextAction ?? 'wait')
  if (session.status === 'created' || session.status === 'loggedOut') return 'link'
  if (session.reason && session.reason.nextAction !== 'wait') return session.reason.nextAction
  if (first.name === 'stability' && first.status === 'problem') return 'restart'
  if (lease.desired !== 'RUNNING') return 'start'
  return 'wait'
}
