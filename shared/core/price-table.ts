/**
 * What usage costs the operator on AWS, in US dollars: the estimate of GET /v1/usage. Derived from list prices of
 * us-east-1 (docs/costs or aws-facts §7); it is an estimate of the variable part, no invoice.
 */
export const PRICE_TABLE = {
  version: '2026-11',
  currency: 'USD',
  perUnit: {
    /** Fargate ARM64 0.25 vCPU-hour share at 200 sessions per 1 vCPU worker, plus log and heartbeat requests */
    sessionHour: 0.0003,
    /** accept, claim, status and events: about 14 write units, 8 read units, 3 requests of SQS and Lambda */
    message: 0.00003,
    /** deliver lambda of 200 ms, SQS, ledger rows */
    webhookAttempt: 0.000004,
    /** API Gateway and Lambda */
    apiCall: 0.0000045,
    /** storage of a month and transfer out of one gigabyte */
    mediaGigabyte: 0.113,
  },
} as const

const GIGABYTE = 1e9

export interface Usage {
  readonly messages: number
  readonly sessionSeconds: number
  readonly mediaBytes: number
  readonly webhookAttempts: number
  readonly apiCalls: number
}

/** Dollars, to a hundred-thousandth. */
export const estimateCost = (usage: Usage): number => {
  const { perUnit } = PRICE_TABLE
  const dollars =
    (usage.sessionSeconds / 3600) * perUnit.sessionHour +
    usage.messages * perUnit.message +
    usage.webhookAttempts * perUnit.webhookAttempt +
    usage.apiCalls * perUnit.apiCall +
    (usage.mediaBytes / GIGABYTE) * perUnit.mediaGigabyte
  return Math.round(dollars * 1e5) / 1e5
}
