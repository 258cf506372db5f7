import type { Facts } from './facts.ts'
import { DEPLOYMENT_RUNBOOK, type Finding, failed, finding, ok } from './finding.ts'

const SCALE = 'docs/scale.md'

/** What can be asked before anything is deployed. */
export const checkAccount = (facts: Pick<Facts, 'quotas' | 'needs' | 'bootstrap' | 'region'>): Finding[] => [
  checkBootstrap(facts.bootstrap),
  checkRegion(facts.region),
  ...checkQuotas(facts),
]

const checkBootstrap = (bootstrap: Facts['bootstrap']): Finding => {
  if (bootstrap === null) return finding('notChecked', 'bootstrap', 'no --prefix was given', 'Give --prefix.')
  if (bootstrap === 'missing')
    return finding(
      'problem',
      'bootstrap',
      'the CDK is not bootstrapped in this account and region',
      `npx cdk bootstrap aws://<account>/<region>. ${DEPLOYMENT_RUNBOOK}#account-not-bootstrapped`,
    )
  if (failed(bootstrap))
    return finding('problem', 'bootstrap', `cannot be read: ${bootstrap.error}`, 'ssm:GetParameter is needed.')
  return ok('bootstrap', `version ${bootstrap}`)
}

const checkRegion = (region: Facts['region']): Finding => {
  if (region === null)
    return finding('notChecked', 'region', 'no --prefix was given, or it names no config of this repository')
  if (failed(region))
    return finding('problem', 'region', `cannot be looked at: ${region.error}`, 'ssm:GetParameters is needed.')
  const { absent, unknown, listed } = region
  if (absent.length > 0)
    return finding(
      'problem',
      'region',
      `${region.region} has no ${absent.join(', ')}`,
      `Choose another region in infra/config. ${DEPLOYMENT_RUNBOOK}#region-without-a-service`,
    )
  const says = `${region.region} has ${listed.length} of ${listed.length + unknown.length} services`
  return unknown.length === 0
    ? ok('region', says)
    : finding('notChecked', 'region', `${says}; not in AWS's list: ${unknown.join(', ')}`, 'Look them up by hand.')
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
    : finding(
        'problem',
        check,
        `${allowed}, wanted ${wanted} for ${of}`,
        `Ask for it in Service Quotas. ${SCALE}, ${DEPLOYMENT_RUNBOOK}#missing-quota`,
      )
}
