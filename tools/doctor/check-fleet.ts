import type { Facts, Failure, RolloutFact, WorkerFact } from './facts.ts'
import { DEPLOYMENT_RUNBOOK, type Finding, failed, finding, ok, RUNBOOK } from './finding.ts'

const STALE_HEARTBEAT_MS = 60_000
const STUCK_ROLLOUT_MS = 2 * 3_600_000

export const checkApi = ({ health }: Facts): Finding =>
  failed(health)
    ? finding(
        'problem',
        'API',
        `does not answer: ${health.error}`,
        'Check the address, then the api stack and its access log.',
      )
    : ok('API', `answers, version ${health.version}`)

/** What to do when the admin API does not list something. */
const adviceOnFailure = ({ error }: Failure, health: Facts['health']): string => {
  if (failed(health)) return 'See API.'
  return /answers 40[13]/.test(error)
    ? 'FLEETLINE_ADMIN_KEY is no admin key of this deployment: tools/add-admin-key.ts makes one.'
    : 'Look at the log of the function api-keys.'
}

export const checkWorkers = ({ workers, health, now }: Facts): Finding[] => {
  if (failed(workers)) {
    const advice = adviceOnFailure(workers, health)
    return [finding('problem', 'workers', `cannot be listed: ${workers.error}`, advice)]
  }
  const ready = workers.filter(({ status }) => status === 'ready')
  const silent = workers.filter(
    ({ status, heartbeatAt }) =>
      (status === 'ready' || status === 'draining') && now - Date.parse(heartbeatAt) > STALE_HEARTBEAT_MS,
  )
  const full = ready.filter(({ sessions, capacity }) => sessions >= capacity)
  const slow = ready.filter(({ loopLagMs }) => (loopLagMs ?? 0) >= 200)
  const findings = [
    workers.length === 0
      ? finding(
          'warning',
          'workers',
          'there is none',
          'Normal before the first session is linked; otherwise look at worker-lifecycle executions.',
        )
      : ok(
          'workers',
          `${ready.length} ready of ${workers.length}, ${sum(ready, 'sessions')} of ${sum(ready, 'capacity')} slots used`,
        ),
  ]
  if (silent.length > 0)
    findings.push(
      finding(
        'problem',
        'heartbeats',
        `silent for over a minute: ${names(silent)}`,
        `The reaper should have fenced them: look at fleet-reconciler. ${RUNBOOK}#reconcile-errors`,
      ),
    )
  if (ready.length > 0 && full.length === ready.length)
    findings.push(finding('problem', 'capacity', 'every ready worker is full', `${RUNBOOK}#capacity-low`))
  if (slow.length > 0)
    findings.push(finding('warning', 'event loop', `late on ${names(slow)}`, `${RUNBOOK}#worker-event-loop`))
  return findings
}

export const checkVersions = ({ workers, health }: Facts): Finding[] => {
  if (failed(workers) || failed(health) || workers.length === 0) return []
  const others = workers.filter(({ status, version }) => status === 'ready' && version !== health.version)
  return others.length === 0
    ? [ok('versions', 'every ready worker runs the version of the API')]
    : [
        finding(
          'warning',
          'versions',
          `${others.length} ready workers run another version than ${health.version}`,
          'Start a rollout: POST /v1/admin/rollouts {"mode": "live"}.',
        ),
      ]
}

export const checkSessions = ({ sessions, health }: Facts): Finding => {
  if (failed(sessions))
    return finding('problem', 'sessions', `cannot be listed: ${sessions.error}`, adviceOnFailure(sessions, health))
  const stuck = sessions.filter(({ desired, workerId }) => desired === 'running' && workerId === null)
  return stuck.length === 0
    ? ok('sessions', `${sessions.length} placed, nobody waits`)
    : finding(
        'warning',
        'sessions',
        `${stuck.length} want to run and have no worker: ${names(stuck)}`,
        `Look again in a minute. If they are the same: ${RUNBOOK}#sessions-waiting`,
      )
}

export const checkRollout = ({ mode, status, because, startedAt }: RolloutFact, now: number): Finding => {
  const check = `rollout ${mode}`
  const isStuck = (status === 'running' || status === 'aborting') && now - Date.parse(startedAt) > STUCK_ROLLOUT_MS
  if (isStuck)
    return finding(
      'problem',
      check,
      `${status} since ${startedAt}: ${because}`,
      `Abort it, or remove what it waits for. ${DEPLOYMENT_RUNBOOK}#half-finished-rollout`,
    )
  if (status === 'failed') return finding('problem', check, `failed: ${because}`, `${RUNBOOK}#rollout-failing`)
  return ok(check, `${status}: ${because}`)
}

const sum = (workers: readonly WorkerFact[], key: 'sessions' | 'capacity') =>
  workers.reduce((total, worker) => total + worker[key], 0)
const names = (list: readonly { readonly id: string }[]) =>
  list
    .slice(0, 5)
    .map(({ id }) => id)
    .join(', ') + (list.length > 5 ? ' …' : '')
