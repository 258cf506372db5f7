/**
 * AWS list prices in USD, us-east-1, before free tiers and discounts. Source: the public price page of each service,
 * November 2026 (aws.amazon.com/<service>/pricing); those of S3 storage, transfer out, KMS, Secrets Manager and the web
 * ACL are as generally known and were not read again then. Other regions are up to a third dearer: change them here,
 * nothing else knows a price.
 */
export const LIST_PRICES = {
  asOf: '2026-11-21',
  region: 'us-east-1',
  currency: 'USD',
  hoursPerMonth: 730,
  fargateArmVcpuHour: 0.03238,
  fargateArmGbHour: 0.00356,
  publicIpv4Hour: 0.005,
  dynamoWriteMillion: 0.625,
  dynamoReadMillion: 0.125,
  dynamoStorageGbMonth: 0.25,
  s3PutMillion: 5,
  s3GetMillion: 0.4,
  s3StorageGbMonth: 0.023,
  transferOutGb: 0.09,
  sqsMillion: 0.4,
  eventBridgeMillion: 1,
  lambdaRequestMillion: 0.2,
  lambdaArmGbSecond: 0.0000133334,
  apiGatewayMillion: 3.5,
  logsGb: 0.5,
  customMetricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  kmsKeyMonth: 1,
  secretMonth: 0.4,
  webAclMonth: 5,
  webAclRuleMonth: 1,
  webAclRequestMillion: 0.6,
} as const

/** What one unit of work makes the services do; docs/costs.md explains the write units. */
export const WORK = {
  /** write units: rows of 1 KB each, a transaction counts twice; one of an attempt and of a call is its count */
  writes: { outbound: 2 * 2 + 1 + 1 + 2 * 2 + 4, inbound: 2 + 2, attempt: 2 + 1, call: 1 },
  reads: { outbound: 4, inbound: 1, attempt: 2 },
  /** PUTs of the auth log. An assumption between one batch per message and one per frame: look at your own S3 bill */
  logPutsPerMessage: 1.5,
  eventsPerMessage: 1.5,
  logKbPerMessage: 1,
  storedKbPerMessage: 2,
  sqs: { outbound: 3, attempt: 6 },
  lambda: {
    accept: { seconds: 0.03, gb: 1 },
    /** the fan-out's share counts as a second request */
    attempt: { requests: 2, seconds: 0.15, gb: 0.25 },
  },
  worker: { vcpu: 1, gb: 4, sessions: 200, headroom: 0.15, heartbeatsPerHour: 360, readsPerHeartbeat: 2 },
  /** one consistent read of the open messages per session and five minutes */
  sweepsPerSessionHour: 12,
} as const
