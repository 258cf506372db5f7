/**
 * List prices in USD, us-east-1, before free tiers and discounts, as they were known when this was written (November
 * 2026). Other regions are up to a third dearer: change them here, nothing else knows a price.
 */
export const PRICES = {
  hoursPerMonth: 730,
  fargateArmVcpuHour: 0.03238,
  fargateArmGbHour: 0.00356,
  publicIpv4Hour: 0.005,
  dynamoWriteMillion: 0.625,
  dynamoReadMillion: 0.125,
  dynamoStorageGbMonth: 0.25,
  s3PutMillion: 5,
  s3GetMillion: 0.4,
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
  stepTransitionMillion: 25,
} as const
