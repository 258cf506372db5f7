import { PRICES } from './prices.ts'

export interface CostInput {
  readonly sessions: number
  readonly messagesPerDay: number
  /** share of messages that we send, 0 to 1; the rest comes in */
  readonly outboundShare: number
  /** webhook deliveries per message in either direction */
  readonly webhooksPerMessage: number
  readonly sessionsPerWorker: number
  readonly workerVcpu: number
  readonly workerGb: number
  /** free capacity that is kept, 0.15 = 15 % */
  readonly headroom: number
  readonly retentionDays: number
}

export interface CostLine {
  readonly name: string
  readonly usdPerMonth: number
  /** how it was counted */
  readonly because: string
}

export interface Estimate {
  readonly lines: readonly CostLine[]
  readonly workers: number
  readonly usdPerMonth: number
  readonly usdPerSession: number
}

const DAYS = 30
const MINUTES = DAYS * 24 * 60

/** Write units of one message, by direction: rows of 1 KB each, a transaction counts twice (docs/costs.md lists them). */
export const WRITES = { outbound: 2 * 2 + 1 + 1 + 2 * 2 + 4, inbound: 2 + 2, delivery: 2 }
/** PUTs of the auth log per message. An assumption between one batch per message and one per frame: look at your own S3 bill. */
const LOG_PUTS_PER_MESSAGE = 1.5
const LOG_KB_PER_MESSAGE = 1
const KB_STORED_PER_MESSAGE = 2

/** Monthly cost of one cell. Arithmetic on list prices: no measurement on AWS stands behind it. */
export const estimateCost = (input: CostInput): Estimate => {
  const p = PRICES
  const messages = (input.messagesPerDay * DAYS) / 1e6
  const outbound = messages * input.outboundShare
  const inbound = messages - outbound
  const deliveries = messages * input.webhooksPerMessage
  const workers =
    input.sessions === 0 ? 0 : Math.max(2, Math.ceil((input.sessions * (1 + input.headroom)) / input.sessionsPerWorker))
  const task =
    p.hoursPerMonth * (input.workerVcpu * p.fargateArmVcpuHour + input.workerGb * p.fargateArmGbHour + p.publicIpv4Hour)
  const heartbeats = (workers * MINUTES * 6) / 1e6
  const sweeps = (input.sessions * (MINUTES / 5)) / 1e6
  const lambdaSeconds = outbound * 1e6 * 0.03 * 1 + deliveries * 1e6 * 0.15 * 0.25
  const line = (name: string, usdPerMonth: number, because: string): CostLine => ({ name, usdPerMonth, because })
  const lines = [
    line(
      'workers',
      workers * task,
      `${workers} tasks of ${input.workerVcpu} vCPU and ${input.workerGb} GB with a public address`,
    ),
    line('API gateway', outbound * p.apiGatewayMillion, 'one call per message sent'),
    line(
      'lambdas',
      (outbound + 2 * deliveries) * p.lambdaRequestMillion + lambdaSeconds * p.lambdaArmGbSecond,
      'accept 30 ms at 1 GB, delivery 150 ms at 256 MB',
    ),
    line(
      'DynamoDB writes',
      (outbound * WRITES.outbound + inbound * WRITES.inbound + deliveries * WRITES.delivery + heartbeats) *
        p.dynamoWriteMillion,
      `${WRITES.outbound} units per message sent, ${WRITES.inbound} received, ${WRITES.delivery} per delivery, a heartbeat per worker and 10 s`,
    ),
    line(
      'DynamoDB reads',
      (outbound * 4 + inbound + deliveries * 2 + sweeps + heartbeats * 2) * p.dynamoReadMillion,
      'lease and key per call, sweep per session and 5 min, two reads per heartbeat',
    ),
    line(
      'DynamoDB storage',
      ((messages * 1e6 * KB_STORED_PER_MESSAGE * (input.retentionDays / DAYS)) / 1e6) * p.dynamoStorageGbMonth,
      `${KB_STORED_PER_MESSAGE} KB per message for ${input.retentionDays} days`,
    ),
    line(
      'S3 auth logs',
      messages * LOG_PUTS_PER_MESSAGE * p.s3PutMillion,
      `${LOG_PUTS_PER_MESSAGE} PUTs per message (group commit)`,
    ),
    line(
      'SQS',
      (outbound * 3 + deliveries * 6 + (workers * MINUTES * 3) / 1e6) * p.sqsMillion,
      'rings, fan-out, delivery, long polls',
    ),
    line('EventBridge', messages * 1.5 * p.eventBridgeMillion, 'an event per message and half a status event'),
    line('logs', ((messages * 1e6 * LOG_KB_PER_MESSAGE) / 1e6) * p.logsGb, `${LOG_KB_PER_MESSAGE} KB per message`),
    line(
      'web ACL',
      p.webAclMonth + 3 * p.webAclRuleMonth + outbound * p.webAclRequestMillion,
      'three rules, one request per message sent',
    ),
    line(
      'fixed',
      30 * p.customMetricMonth + 35 * p.alarmMonth + 6 * p.dashboardMonth + p.kmsKeyMonth + p.secretMonth,
      '30 metrics, 35 alarms, 6 dashboards, a key, a secret',
    ),
  ]
  const usdPerMonth = lines.reduce((sum, { usdPerMonth: usd }) => sum + usd, 0)
  return { lines, workers, usdPerMonth, usdPerSession: input.sessions === 0 ? 0 : usdPerMonth / input.sessions }
}
