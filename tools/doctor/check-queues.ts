import type { Facts } from './facts.ts'
import { DEPLOYMENT_RUNBOOK, type Finding, failed, finding, ok, RUNBOOK } from './finding.ts'

const BACKLOG = 1_000

export const checkQueues = ({ queues, prefix, workers }: Facts): Finding[] => {
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
          `They hold hints only. Delete those that are older than an hour. ${DEPLOYMENT_RUNBOOK}#orphan-queues`,
        ),
      )
  }
  return findings
}

export const checkSecret = ({ adminKeys }: Facts): Finding => {
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
    ? finding('problem', 'secret', 'holds no admin key', 'npm run -s admin-key -- <PlatformSecretArn>')
    : ok('secret', `readable, ${adminKeys} admin keys`)
}
