import type { Facts } from './facts.ts'
import { type Finding, failed, finding, ok } from './finding.ts'

const SCALE = 'docs/scale.md'

/** What can be asked before anything is deployed. */
export const checkAccount = (facts: Pick<Facts, 'quotas' | 'needs' | 'bootstrap'>): Finding[] => [
  checkBootstrap(facts.bootstrap),
  ...checkQuotas(facts),
]

const checkBootstrap = (bootstrap: Facts['bootstrap']): Finding => {
  if (bootstrap === null) return finding('notChecked', 'bootstrap', 'no --prefix was given', 'Give --prefix.')
  if (bootstrap === 'missing')
    return finding(
      'problem',
      'bootstrap',
      'the CDK is not bootstrapped in this account and region',
      'npx cdk bootstrap aws://<account>/<region>',
    )
  if (failed(bootstrap))
    return finding('problem', 'bootstrap', `cannot be read: ${bootstrap.error}`, 'ssm:GetParameter is needed.')
  return ok('bootstrap', `version ${bootstrap}`)
}

const checkQuotas = ({ quotas, needs }: Pick<Facts, 'quotas' | 'needs'>): Finding[] => {
  if (quotas === null || needs === null)
    return [
      finding(
        'notChecked',
        'quotas',
        'no --prefix was given, or it names no config of this repository',
        `Compare Fargate vCPUs and Lambda concurrency with ${SCALE} by hand.`,
      ),
    ]
  if (failed(quotas))
    return [
      finding('problem', 'quotas', `cannot be read: ${quotas.error}`, 'servicequotas:ListServiceQuotas is needed.'),
    ]
  const of = `${needs.sessions} sessions (${needs.workers} workers with a rollout's room)`
  return [
    compare('Fargate vCPUs', quotas.fargateVcpus, needs.vcpus, of),
    compare('Lambda concurrency', quotas.lambdaConcurrency, needs.lambdaConcurrency, of),
    compare('network interfaces', quotas.networkInterfaces, needs.workers, of),
  ]
}

const compare = (what: string, allowed: number | null, wanted: number, of: string): Finding => {
  const check = `quota ${what}`
  if (allowed === null)
    return finding('notChecked', check, 'is not listed under this name', `Look it up: ${wanted} for ${of}.`)
  return allowed >= wanted
    ? ok(check, `${allowed}, wanted ${wanted} for ${of}`)
    : finding('problem', check, `${allowed}, wanted ${wanted} for ${of}`, `Ask for it in Service Quotas. ${SCALE}`)
}
