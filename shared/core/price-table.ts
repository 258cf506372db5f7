import { LIST_PRICES as PRICES, WORK } from './list-prices.ts'

const perMillion = (price: number): number => price / 1e6
const KB_PER_GB = 1e6

const messageCost = (direction: 'outbound' | 'inbound'): number =>
  WORK.writes[direction] * perMillion(PRICES.dynamoWriteMillion) +
  WORK.reads[direction] * perMillion(PRICES.dynamoReadMillion) +
  WORK.logPutsPerMessage * perMillion(PRICES.s3PutMillion) +
  WORK.eventsPerMessage * perMillion(PRICES.eventBridgeMillion) +
  (WORK.logKbPerMessage / KB_PER_GB) * PRICES.logsGb +
  (WORK.storedKbPerMessage / KB_PER_GB) * PRICES.dynamoStorageGbMonth +
  (direction === 'outbound' ? WORK.sqs.outbound * perMillion(PRICES.sqsMillion) : 0)

const lambdaCost = (seconds: number, gb: number): number => seconds * gb * PRICES.lambdaArmGbSecond

const sessionHourCost = (): number => {
  const { vcpu, gb, sessions, headroom, heartbeatsPerHour, readsPerHeartbeat } = WORK.worker
  const task = vcpu * PRICES.fargateArmVcpuHour + gb * PRICES.fargateArmGbHour + PRICES.publicIpv4Hour
  const heartbeats =
    heartbeatsPerHour *
    (perMillion(PRICES.dynamoWriteMillion) + readsPerHeartbeat * perMillion(PRICES.dynamoReadMillion))
  const sweeps = WORK.sweepsPerSessionHour * perMillion(PRICES.dynamoReadMillion)
  return ((task + heartbeats) * (1 + headroom)) / sessions + sweeps
}

const toNanodollars = (dollars: number): number => Math.round(dollars * 1e9) / 1e9

/**
 * What one unit of usage costs the operator on AWS: list prices (shared/core/list-prices.ts, with source and date) times
 * what the unit makes the services do. An estimate of the variable part: what a cell costs without any tenant (alarms,
 * dashboards, the web ACL) belongs to nobody. It is no invoice.
 */
export const PRICE_TABLE = {
  version: PRICES.asOf,
  currency: PRICES.currency,
  region: PRICES.region,
  perUnit: {
    /** connected time: the session's share of a worker of 200 sessions, with the fleet's headroom */
    sessionHour: toNanodollars(sessionHourCost()),
    /** claim, send, settle, status and events; accepting it is an API call besides */
    messageOutbound: toNanodollars(messageCost('outbound')),
    messageInbound: toNanodollars(messageCost('inbound')),
    /** deliver and fan-out lambda, queues, ledger rows */
    webhookAttempt: toNanodollars(
      WORK.writes.attempt * perMillion(PRICES.dynamoWriteMillion) +
        WORK.reads.attempt * perMillion(PRICES.dynamoReadMillion) +
        WORK.sqs.attempt * perMillion(PRICES.sqsMillion) +
        WORK.lambda.attempt.requests * perMillion(PRICES.lambdaRequestMillion) +
        lambdaCost(WORK.lambda.attempt.seconds, WORK.lambda.attempt.gb),
    ),
    /** API Gateway, web ACL, the function, its count */
    apiCall: toNanodollars(
      WORK.writes.call * perMillion(PRICES.dynamoWriteMillion) +
        perMillion(PRICES.apiGatewayMillion) +
        perMillion(PRICES.webAclRequestMillion) +
        perMillion(PRICES.lambdaRequestMillion) +
        lambdaCost(WORK.lambda.accept.seconds, WORK.lambda.accept.gb),
    ),
    /** one month of storage and one transfer out */
    mediaGigabyte: toNanodollars(PRICES.s3StorageGbMonth + PRICES.transferOutGb),
  },
} as const

const GIGABYTE = 1e9

export interface Usage {
  readonly messagesOutbound: number
  readonly messagesInbound: number
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
    usage.messagesOutbound * perUnit.messageOutbound +
    usage.messagesInbound * perUnit.messageInbound +
    usage.webhookAttempts * perUnit.webhookAttempt +
    usage.apiCalls * perUnit.apiCall +
    (usage.mediaBytes / GIGABYTE) * perUnit.mediaGigabyte
  return Math.round(dollars * 1e5) / 1e5
}
