import { assertNever } from './assert-never.ts'

export const LOG_FAULTS = [
  /** written by a later version of this software */
  'future_format',
  'unreadable_head',
  'missing_head',
  'missing_snapshot',
  'missing_record',
  /** cut short, changed, or in another place than it was written for */
  'corrupt_record',
  /** HEAD does not hold the data key of an epoch that is still needed */
  'missing_key',
  /** the tenant's key does not open the session's keys */
  'wrong_key',
  'missing_credentials',
  /** HEAD knew later sequences than the log holds */
  'sequence_behind',
] as const

/** Why the log of a session cannot be opened. */
export type LogFault = (typeof LOG_FAULTS)[number]

/** What a worker does with a session whose log it cannot open, and who can help. */
export type LogFaultDecision =
  /** a worker of another version may open it: let go at once, unsettled */
  | { readonly action: 'handOn'; readonly code: 'log_future_format'; readonly nextAction: 'finish_upgrade' }
  /** nobody can, as it is: a person has to put something back. Nothing of it is written meanwhile. */
  | {
      readonly action: 'fail'
      readonly code: 'state_lost'
      readonly nextAction: 'restore_log' | 'restore_tenant_key'
    }

export const decideLogFault = (fault: LogFault): LogFaultDecision => {
  switch (fault) {
    case 'future_format':
      return { action: 'handOn', code: 'log_future_format', nextAction: 'finish_upgrade' }
    case 'wrong_key':
      return { action: 'fail', code: 'state_lost', nextAction: 'restore_tenant_key' }
    case 'unreadable_head':
    case 'missing_head':
    case 'missing_snapshot':
    case 'missing_record':
    case 'corrupt_record':
    case 'missing_key':
    case 'missing_credentials':
    case 'sequence_behind':
      return { action: 'fail', code: 'state_lost', nextAction: 'restore_log' }
    default:
      return assertNever(fault)
  }
}
