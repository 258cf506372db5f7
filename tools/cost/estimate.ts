import { LIST_PRICES, WORK } from '../../shared/core/list-prices.ts'

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

/** Monthly cost of one cell. Arithmetic on list prices: no measurement on AWS stands behind it. */
export const estimateCost = (input: CostInput): Estimate => {
  const p = LIST_PRICES
  const messages = (input.messagesPerDay * DAYS) / 1e6
  const outbound = messages * input.outboundShare
  const inbound = messages - outbound
  const deliveries = messages * input.webhooksPerMessage
  const workers =
    input.sessions === 0 ? 0 : Math.max(2, Math.ceil((input.sessions * (1 + input.headroom)) / input.sessionsPerWorker))
  const task =
    p.hoursPerMonth * (input.workerVcpu * p.fargateArmVcpuHour + input.workerGb * p.fargateArmGbHour + p.publicIpv4Hour)
  const heartbeats = (workers * (MINUTES / 60) * WORK.worker.heartbeatsPerHour) / 1e6
  const sweeps = (input.sessions * (MINUTES / 60) * WORK.sweepsPerSessionHour) / 1e6
  const { accept, attempt } = WORK.lambda
  const lambdaSeconds = 1e6 * (outbound * accept.seconds * accept.gb + deliveries * attempt.seconds * attempt.gb)
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
      (outbound + attempt.requests * deliveries) * p.lambdaRequestMillion + lambdaSeconds * p.lambdaArmGbSecond,
      'accept 30 ms at 1 GB, delivery 150 ms at 256 MB',
    ),
    line(
      'DynamoDB writes',
      (outbound * (WORK.writes.outbound + WORK.writes.call) +
        inbound * WORK.writes.inbound +
        deliveries * WORK.writes.attempt +
        heartbeats) *
        p.dynamoWriteMillion,
      `${WORK.writes.outbound + WORK.writes.call} units per message sent, ${WORK.writes.inbound} received, ${WORK.writes.attempt} per delivery, a heartbeat per worker and 10 s`,
    ),
    line(
      'DynamoDB reads',
      (outbound * WORK.reads.outbound +
        inbound * WORK.reads.inbound +
        deliveries * WORK.reads.attempt +
        sweeps +
        heartbeats * WORK.worker.readsPerHeartbeat) *
        p.dynamoReadMillion,
      'lease and key per call, sweep per session and 5 min, two reads per heartbeat',
    ),
    line(
      'DynamoDB storage',
      ((messages * 1e6 * WORK.storedKbPerMessage * (input.retentionDays / DAYS)) / 1e6) * p.dynamoStorageGbMonth,
      `${WORK.storedKbPerMessage} KB per message for ${input.retentionDays} days`,
    ),
    line(
      'S3 auth logs',
      messages * WORK.logPutsPerMessage * p.s3PutMillion,
      `${WORK.logPutsPerMessage} PUTs per message (group commit)`,
    ),
    line(
      'SQS',
      (outbound * WORK.sqs.outbound + deliveries * WORK.sqs.attempt + (workers * MINUTES * 3) / 1e6) * p.sqsMillion,
      'rings, fan-out, delivery, long polls',
    ),
    line(
      'EventBridge',
      messages * WORK.eventsPerMessage * p.eventBridgeMillion,
      'an event per message and half a status event',
    ),
    line('logs', ((messages * 1e6 * WORK.logKbPerMessage) / 1e6) * p.logsGb, `${WORK.logKbPerMessage} KB per message`),
    line(
      'web ACL',
      p.webAclMonth + 3 * p.webAclRuleMonth + outbound * p.webAclRequestMillion,
      'three rules, one request per message sent',
    ),
    line(
      'fixed',
      30 * p.customMetricMonth + 39 * p.alarmMonth + 6 * p.dashboardMonth + p.kmsKeyMonth + p.secretMonth,
      '30 metrics, 39 alarms, 6 dashboards, a key, a secret',
    ),
  ]
  const usdPerMonth = lines.reduce((sum, { usdPerMonth: usd }) => sum + usd, 0)
  return { lines, workers, usdPerMonth, usdPerSession: input.sessions === 0 ? 0 : usdPerMonth / input.sessions }
}
