/** An error with a Step Functions error name, e.g. States.Timeout or Lambda.Unknown. */
export class StatesError extends Error {
  readonly errorName: string
  constructor(errorName: string, cause: string) {
    super(cause)
    this.errorName = errorName
  }
}

export const toStatesError = (error: unknown): StatesError =>
  error instanceof StatesError
    ? error
    : new StatesError('States.Runtime', error instanceof Error ? error.message : String(error))

const TIMEOUTS = ['States.Timeout', 'States.HeartbeatTimeout']

/** ErrorEquals of a Retry or Catch: names, States.ALL, States.TaskFailed (anything but time-outs), States.Timeout. */
export const errorMatches = (wanted: readonly string[], errorName: string): boolean =>
  wanted.some((name) => {
    if (name === 'States.ALL') return true
    if (name === 'States.TaskFailed') return !TIMEOUTS.includes(errorName)
    if (name === 'States.Timeout') return TIMEOUTS.includes(errorName)
    return name === errorName
  })
