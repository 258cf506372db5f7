import { describe, expect, it } from 'vitest'
import { type DiagnosisView, diagnose } from './diagnosis.ts'
import { decideLogFault, LOG_FAULTS } from './log-fault.ts'
import { SESSION_STATUSES } from './session-status.ts'

const NOW = 1_000_000
const HEALTHY: DiagnosisView = {
  session: {
    status: 'connected',
    reason: null,
    phone: '+5511900000001',
    connectedAt: 1,
    hasLinkSight: false,
    restrictedUntil: null,
  },
  lease: { desired: 'RUNNING', hasOwner: true, settled: false, crashes: 0 },
  worker: { isServing: true, heartbeatAt: NOW - 5_000 },
  queue: { waiting: 0, nextAt: null },
}
const session = (change: Partial<DiagnosisView['session']>, lease: Partial<DiagnosisView['lease']> = {}) =>
  diagnose({ ...HEALTHY, session: { ...HEALTHY.session, ...change }, lease: { ...HEALTHY.lease, ...lease } }, NOW)
const reason = (code: string, nextAction: string, waCode?: number) => ({
  code,
  nextAction,
  retryable: true,
  since: 1,
  ...(waCode ? { waCode } : {}),
})

describe('a diagnosis', () => {
  it('of a connected session has nothing to do', () => {
    expect(diagnose(HEALTHY, NOW)).toMatchObject({
      healthy: true,
      summary: 'The session is connected.',
      nextAction: { code: 'none', by: 'nobody' },
    })
  })

  it.each([
    ['created', null, 'link'],
    ['loggedOut', reason('device_removed', 'link', 401), 'link'],
    ['failed', reason('account_banned', 'check_phone', 406), 'check_phone'],
    ['failed', reason('quarantined', 'restart'), 'restart'],
    ['failed', { ...reason('state_lost', 'restore_log'), fault: 'missing_snapshot' as const }, 'restore_log'],
    ['failed', { ...reason('state_lost', 'restore_tenant_key'), fault: 'wrong_key' as const }, 'restore_tenant_key'],
    [
      'reconnecting',
      { ...reason('log_future_format', 'finish_upgrade'), fault: 'future_format' as const },
      'finish_upgrade',
    ],
    ['reconnecting', reason('connection_lost', 'wait', 408), 'wait'],
    ['reconnecting', reason('client_outdated', 'update_whatsapp_version', 405), 'update_whatsapp_version'],
    ['restricted', reason('temporary_ban', 'wait', 402), 'wait'],
  ] as const)('of a session that is %s because of %j says %s', (status, why, action) => {
    const answer = session({ status, reason: why })
    expect(answer.healthy).toBe(false)
    expect(answer.nextAction.code).toBe(action)
  })

  it('names what is wrong with a log that cannot be opened', () => {
    const lost = { ...reason('state_lost', 'restore_log'), fault: 'missing_snapshot' as const }
    const answer = session({ status: 'failed', reason: lost }, { desired: 'STOPPED', hasOwner: false })
    expect(answer.summary).toContain('missing_snapshot')
    expect(answer.nextAction).toMatchObject({ code: 'restore_log', by: 'operator' })
    for (const fault of LOG_FAULTS)
      expect(session({ status: 'failed', reason: reason('x', decideLogFault(fault).nextAction) }).nextAction.by).toBe(
        'operator',
      )
  })

  it('says start for a stopped session, scan while a QR is on show', () => {
    expect(session({ status: 'stopped' }, { desired: 'STOPPED' }).nextAction.code).toBe('start')
    expect(session({ status: 'linking', phone: null, hasLinkSight: true }).nextAction.code).toBe('scan')
    expect(session({ status: 'linking', phone: null }).nextAction.code).toBe('wait')
    const reason = { code: 'proxy_unreachable', retryable: true, nextAction: 'check_proxy', since: 1 }
    for (const status of ['linking', 'reconnecting'] as const)
      expect(session({ status, reason }).nextAction).toMatchObject({ code: 'check_proxy', by: 'tenant' })
  })

  it('names a worker that is missing or silent', () => {
    const lost = diagnose({ ...HEALTHY, lease: { ...HEALTHY.lease, hasOwner: false }, worker: null }, NOW)
    expect(lost).toMatchObject({ healthy: false, nextAction: { code: 'wait' } })
    const silent = diagnose({ ...HEALTHY, worker: { isServing: true, heartbeatAt: NOW - 60_000 } }, NOW)
    expect(silent.summary).toContain('silent for 60 s')
  })

  it('has an answer, and an action that is described, for every status', () => {
    for (const status of SESSION_STATUSES)
      for (const desired of ['RUNNING', 'STOPPED', 'LOGGED_OUT', 'DELETED'] as const) {
        const answer = session({ status }, { desired })
        expect(answer.summary).not.toBe('')
        expect(answer.nextAction.description).not.toBe('See the runbook.')
      }
  })
})
