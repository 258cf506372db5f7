import { checkAccount } from './check-account.ts'
import type { Facts, RolloutFact, WorkerFact } from './facts.ts'
import { type Finding, failed, finding, ok } from './finding.ts'

const STALE_HEARTBEAT_MS = 60_000
const STUCK_ROLLOUT_MS = 2 * 3_600_000
const BACKLOG = 1_000
const RUNBOOK = 'docs/runbooks/alarms.md'

/** Every check says something, also when all is well: silence is not health. */
export const diagnose = (facts: Facts): Finding[] => [
  checkApi(facts),
  ...checkWorkers(facts),
  ...checkVersions(facts),
  checkSessions(facts),
  ...facts.rollouts.map((rollout) => checkRollout(rollout, facts.now)),
  ...checkQueues(facts),
  checkSecret(facts),
  ...checkAccount(facts),
]

const checkApi = ({ health }: Facts): Finding =>
  failed(health)
    ? finding(
        'problem',
        'API',
        `does not answer: ${health.error}`,
        'Check the address, then the api stack and its access log.',
      )
    : ok('API', `answers, version ${health.version}`)

const checkWorkers = ({ workers, now }: Facts): Finding[] => {
  if (failed(workers))
    return [
      finding(
        'problem',
        'workers',
        `cannot be listed: ${workers.error}`,
        'An admin key is needed: tools/add-admin-key.ts makes one.',
      ),
    ]
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

const checkVersions = ({ workers, health }: Facts): Finding[] => {
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

const checkSessions = ({ sessions }: Facts): Finding => {
  if (failed(sessions)) return finding('problem', 'sessions', `cannot be listed: ${sessions.error}`, 'See workers.')
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

const checkRollout = ({ mode, status, because, startedAt }: RolloutFact, now: number): Finding => {
  const check = `rollout ${mode}`
  const isStuck = (status === 'running' || status === 'aborting') && now - Date.parse(startedAt) > STUCK_ROLLOUT_MS
  if (isStuck)
    return finding(
      'problem',
      check,
      `${status} since ${startedAt}: ${because}`,
      'Abort it, or remove what it waits for.',
    )
  if (status === 'failed') return finding('problem', check, `failed: ${because}`, `${RUNBOOK}#rollout-failing`)
  return ok(check, `${status}: ${because}`)
}

const checkQueues = ({ queues, prefix, workers }: Facts): Finding[] => {
  if (queues === null)
    return [
      finding(
        'notChecked',
        'queues',
        'no --prefix was given',
        'Give --prefix fleetline-<env>-<cell> and AWS credentials.',
      ),
    ]
  if (failed(queues))
    return [
      finding(
        'problem',
        'queues',
        `cannot be listed: ${queues.error}`,
        'Credentials with sqs:ListQueues and sqs:GetQueueAttributes are needed.',
      ),
    ]
  const dead = queues.filter(({ name, waiting }) => name.endsWith('-dlq') && waiting > 0)
  const backlog = queues.filter(({ name, waiting }) => !name.endsWith('-dlq') && waiting > BACKLOG)
  const findings = [ok('queues', `${queues.length} of the cell`)]
  if (queues.length === 0)
    findings[0] = finding('problem', 'queues', `none begins with ${prefix}`, 'Check --prefix and the region.')
  for (const { name, waiting } of dead)
    findings.push(
      finding(
        'problem',
        'dead letters',
        `${waiting} in ${name}`,
        `${RUNBOOK}#dead-letters-${name.replace(`${prefix}-`, '').replace('-dlq', '')}`,
      ),
    )
  for (const { name, waiting } of backlog)
    findings.push(finding('warning', 'backlog', `${waiting} in ${name}`, RUNBOOK))
  if (!failed(workers)) {
    const orphans = queues.filter(
      ({ name }) => name.startsWith(`${prefix}-w-`) && !workers.some(({ id }) => name.includes(id)),
    )
    if (orphans.length > 0)
      findings.push(
        finding(
          'warning',
          'orphan queues',
          `${orphans.length} belong to no worker row: ${orphans
            .slice(0, 3)
            .map(({ name }) => name)
            .join(', ')}`,
          'They hold hints only. Delete those that are older than an hour.',
        ),
      )
  }
  return findings
}

const checkSecret = ({ adminKeys }: Facts): Finding => {
  if (adminKeys === null)
    return finding('notChecked', 'secret', 'no --secret was given', 'Give --secret <PlatformSecretArn>.')
  if (failed(adminKeys))
    return finding(
      'problem',
      'secret',
      `cannot be read: ${adminKeys.error}`,
      'Credentials with secretsmanager:GetSecretValue and kms:Decrypt are needed.',
    )
  return adminKeys === 0
    ? finding('problem', 'secret', 'holds no admin key', 'node tools/add-admin-key.ts <PlatformSecretArn>')
    : ok('secret', `readable, ${adminKeys} admin keys`)
}

const sum = (workers: readonly WorkerFact[], key: 'sessions' | 'capacity') =>
  workers.reduce((total, worker) => total + worker[key], 0)
const names = (list: readonly { readonly id: string }[]) =>
  list
    .slice(0, 5)
    .map(({ id }) => id)
    .join(', ') + (list.length > 5 ? ' …' : '')
