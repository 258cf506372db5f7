import type { Failure } from './facts.ts'

export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem' | 'notChecked'
  readonly check: string
  readonly says: string
  /** what to do; empty when nothing is */
  readonly advice: string
}

export const RUNBOOK = 'docs/runbooks/alarms.md'
export const DEPLOYMENT_RUNBOOK = 'docs/runbooks/deployment.md'

export const finding = (level: Finding['level'], check: string, says: string, advice = ''): Finding => ({
  level,
  check,
  says,
  advice,
})
export const ok = (check: string, says: string): Finding => finding('ok', check, says)
/** Could this part not be read? */
export const failed = <T>(value: T | Failure): value is Failure =>
  typeof value === 'object' && value !== null && 'error' in value
