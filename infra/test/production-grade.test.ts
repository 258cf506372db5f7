import { describe, expect, test } from '@jest/globals'
import { type DeploymentConfig, deploymentConfigSchema } from '../config/schema.ts'
import { selectConfig } from '../config/select-config.ts'
import { FULL, ofType, synthesize, synthesizeConfig } from './support/synth.ts'

const prod = synthesize('prod')
const only = <T>(list: readonly T[]): T => {
  expect(list).toHaveLength(1)
  return list[0]!
}
const prodWith = (patch: Partial<DeploymentConfig>) => synthesizeConfig({ ...selectConfig('prod'), ...patch })

test('S3 itself refuses a write to a session log that is not conditional', () => {
  const policy = only(
    ofType(prod, 'AWS::S3::BucketPolicy').filter(({ logicalId }) => logicalId.startsWith('AuthBucket')),
  ).properties.PolicyDocument
  const rule = policy.Statement.find(({ Sid }: { Sid?: string }) => Sid === 'LogsAreWrittenConditionally')
  expect(rule).toMatchObject({
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: 's3:PutObject',
    Condition: { Null: { 's3:if-match': 'true', 's3:if-none-match': 'true' } },
  })
  expect(JSON.stringify(rule.Resource)).toMatch(/head.*snap.*wal/)
  expect(JSON.stringify(rule.Resource)).not.toContain('poison')
})

test('state lies in one stack, and everything else can be deleted and made again', () => {
  const keepers = /DynamoDB::|S3::Bucket$|KMS::Key$|SecretsManager::Secret$|ECR::Repository$/
  for (const { stack, type } of prod.resources)
    if (keepers.test(type)) expect({ type, stack }).toEqual({ type, stack: 'data' })
  expect(prod.resources.filter(({ stack }) => stack === 'data').map(({ type }) => type)).not.toContain(
    'AWS::Lambda::Function',
  )
})

test('the production API stands behind a web ACL that limits addresses and never samples bodies', () => {
  const acl = only(ofType(prod, 'AWS::WAFv2::WebACL')).properties
  expect(acl.Rules[0].Statement.RateBasedStatement).toEqual({ AggregateKeyType: 'IP', Limit: 10_000 })
  for (const { VisibilityConfig } of acl.Rules) expect(VisibilityConfig.SampledRequestsEnabled).toBe(false)
  only(ofType(prod, 'AWS::WAFv2::WebACLAssociation'))
  expect(ofType(synthesize('local'), 'AWS::WAFv2::WebACL')).toEqual([])
})

test('no text that a person sends is refused by the web ACL: rules over bodies and long cursors only count', () => {
  const counted = ofType(prod, 'AWS::WAFv2::WebACL').flatMap(({ properties }) =>
    properties.Rules.flatMap(
      (rule: { Statement: { ManagedRuleGroupStatement?: { RuleActionOverrides: { Name: string }[] } } }) =>
        rule.Statement.ManagedRuleGroupStatement?.RuleActionOverrides.map(({ Name }) => Name) ?? [],
    ),
  )
  for (const rule of [
    'CrossSiteScripting_BODY',
    'EC2MetaDataSSRF_BODY',
    'Log4JRCE_BODY',
    'SizeRestrictions_QUERYSTRING',
  ])
    expect(counted).toContain(rule)
})

test('what the web ACL refuses says so, in the form of every other problem', () => {
  const [answer] = ofType(prod, 'AWS::ApiGateway::GatewayResponse').filter(
    ({ properties }) => properties.ResponseType === 'WAF_FILTERED',
  )
  expect(answer?.properties.StatusCode).toBe('403')
  expect(JSON.parse(answer?.properties.ResponseTemplates['application/json'])).toMatchObject({
    status: 403,
    code: 'forbidden',
    detail: expect.stringContaining('firewall'),
  })
})

test('a first deployment that is rolled back leaves no name behind that the second one would stumble over', () => {
  const named = ['LogGroupName', 'RepositoryName', 'QueueName', 'FunctionName', 'StateMachineName', 'TopicName']
  for (const [area, template] of Object.entries(prod.templates))
    for (const [logicalId, resource] of Object.entries<{ Properties?: object; DeletionPolicy?: string }>(
      template.toJSON().Resources,
    ))
      if (named.some((name) => name in (resource.Properties ?? {})))
        expect({ area, logicalId, policy: resource.DeletionPolicy }).not.toMatchObject({ policy: 'Retain' })
})

test('phone numbers and keys that reach a log are masked in it, in every log of ours', () => {
  const groups = ofType(prod, 'AWS::Logs::LogGroup').filter(({ logicalId }) =>
    /^(api|fleet|webhook|sweeper|WorkerLogs)/.test(logicalId),
  )
  expect(groups.length).toBeGreaterThanOrEqual(10)
  for (const { logicalId, properties } of groups)
    expect({ logicalId, has: JSON.stringify(properties.DataProtectionPolicy ?? '').includes('PhoneNumber') }).toEqual({
      logicalId,
      has: true,
    })
})

test('every log group has an end, and logs outlive the stack only where the environment says so', () => {
  for (const { properties } of ofType(prod, 'AWS::Logs::LogGroup')) expect(properties.RetentionInDays).toBe(30)
})

test('the worker image is named by digest, or CloudFormation refuses before it changes anything', () => {
  const { WorkerImage } = prod.templates.workers.toJSON().Parameters
  const pattern = new RegExp(WorkerImage.AllowedPattern)
  expect(pattern.test(`1.dkr.ecr.eu-west-1.amazonaws.com/w@sha256:${'a'.repeat(64)}`)).toBe(true)
  expect(pattern.test('1.dkr.ecr.eu-west-1.amazonaws.com/w:latest')).toBe(false)
  expect(WorkerImage.Default).toBeUndefined()
})

test('every name that can be seen in the account begins with the cell', () => {
  const names = [
    'FunctionName',
    'QueueName',
    'StateMachineName',
    'TopicName',
    'AlarmName',
    'DashboardName',
    'ClusterName',
    'RepositoryName',
    'RestApiName',
  ]
  for (const { type, properties } of prod.resources)
    for (const name of names)
      if (typeof properties[name] === 'string')
        expect({ type, name: properties[name] }).toMatchObject({ name: expect.stringMatching(/^fleetline-prod-c1/) })
})

/** Whoever runs inside the network, as EC2 sees it: by security group. */
const insideOf = (cell: typeof prod): string[] => [
  ...ofType(cell, 'AWS::EC2::SecurityGroup')
    .map(({ logicalId }) => logicalId)
    .filter((logicalId) => /^(Workers|TestHelpers|Simulator)/.test(logicalId)),
]

test.each<[string, Partial<DeploymentConfig>]>([
  ['public addresses, with a simulator', { simulator: { cpu: 256, memoryMiB: 1024 } }],
  ['NAT and endpoints', { egressMode: 'nat', interfaceEndpoints: true }],
  ['NAT and endpoints, with a simulator', { ...FULL }],
])('an endpoint takes over its service’s name, so everything inside the network reaches it: %s', (_what, patch) => {
  const cell = prodWith(patch)
  const endpoints = ofType(cell, 'AWS::EC2::VPCEndpoint').filter(
    ({ properties }) => properties.VpcEndpointType === 'Interface',
  )
  expect(endpoints.length).toBeGreaterThan(0)
  const reached = ofType(cell, 'AWS::EC2::SecurityGroupIngress')
  for (const { properties } of endpoints)
    for (const inside of insideOf(cell)) {
      const ways = reached.filter(
        (rule) =>
          JSON.stringify(properties.SecurityGroupIds).includes(JSON.stringify(rule.properties.GroupId).slice(1, -1)) &&
          JSON.stringify(rule.properties.SourceSecurityGroupId).includes(inside),
      )
      expect({ service: properties.ServiceName, inside, ways: ways.length }).toMatchObject({ ways: 1 })
    }
})

test('CloudWatch may publish to the topic of the alarms: with a policy of its own a topic loses that right', () => {
  const [policy] = ofType(prod, 'AWS::SNS::TopicPolicy')
  const allowed = policy!.properties.PolicyDocument.Statement.filter(
    ({ Effect }: { Effect: string }) => Effect === 'Allow',
  )
  expect(allowed).toEqual([
    expect.objectContaining({
      Action: 'sns:Publish',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { ArnLike: { 'aws:SourceArn': expect.anything() } },
    }),
  ])
  expect(JSON.stringify(allowed[0].Condition)).toContain(':alarm:fleetline-prod-c1-*')
})

test('tasks inherit the tags of their definition, and the machine that starts them may tag them', () => {
  const lifecycle = ofType(prod, 'AWS::StepFunctions::StateMachine').find(({ logicalId }) =>
    /^WorkerL/.test(logicalId),
  )!
  expect(JSON.parse(lifecycle.properties.DefinitionString).States.RunWorker.Arguments.PropagateTags).toBe(
    'TASK_DEFINITION',
  )
  const role = ofType(prod, 'AWS::IAM::Policy').find(({ logicalId }) => logicalId.startsWith('WorkerLifecycleRole'))!
  const statements: { Action: string; Condition?: unknown }[] = role.properties.PolicyDocument.Statement
  expect(statements.find(({ Action }) => Action === 'ecs:TagResource')?.Condition).toEqual({
    StringEquals: { 'ecs:CreateAction': 'RunTask' },
  })
})

test('everything that takes tags carries environment and cell, so that the bill can be split', () => {
  for (const type of ['AWS::DynamoDB::GlobalTable', 'AWS::Lambda::Function', 'AWS::ECS::Cluster', 'AWS::SQS::Queue'])
    for (const { properties } of ofType(prod, type)) {
      const tags = JSON.stringify(properties.Tags ?? properties.Replicas)
      expect(tags).toContain('fleetline:cell')
      expect(tags).toContain('fleetline:environment')
    }
})

describe('options', () => {
  test('egress by NAT: workers in private subnets without an address of their own', () => {
    const cell = prodWith({ egressMode: 'nat' })
    expect(ofType(cell, 'AWS::EC2::NatGateway')).toHaveLength(3)
    const lifecycle = ofType(cell, 'AWS::StepFunctions::StateMachine').find(({ logicalId }) =>
      logicalId.startsWith('WorkerLifecycle'),
    )!
    expect(lifecycle.properties.DefinitionSubstitutions).toMatchObject({ AssignPublicIp: 'DISABLED' })
    expect(ofType(cell, 'AWS::EC2::VPCEndpoint')).toHaveLength(2)
  })

  test('proxies of sessions: workers reach the ports of the config beside 443, and no port that no proxy may have', () => {
    const [workers] = ofType(prodWith({ proxyPorts: [3128, 8080] }), 'AWS::EC2::SecurityGroup')
    expect(workers!.properties.SecurityGroupEgress.map(({ FromPort }: { FromPort: number }) => FromPort)).toEqual([
      443, 3128, 8080,
    ])
    expect(
      deploymentConfigSchema.safeParse({ ...selectConfig('prod'), proxyPorts: [22] }).error?.issues[0],
    ).toMatchObject({
      path: ['proxyPorts', 0],
      message: 'a proxy listens on 80, 443 or above 1023',
    })
  })

  test('interface endpoints: seven services, HTTPS from the workers alone', () => {
    const cell = prodWith({ egressMode: 'nat', interfaceEndpoints: true })
    expect(ofType(cell, 'AWS::EC2::VPCEndpoint')).toHaveLength(2 + 7)
    for (const { properties } of ofType(cell, 'AWS::EC2::SecurityGroupIngress'))
      expect(properties).toMatchObject({ FromPort: 443, ToPort: 443, SourceSecurityGroupId: expect.anything() })
  })

  test('a name of its own: TLS 1.2, and no answer under the address that AWS gives', () => {
    const arn = 'arn:aws:acm:eu-west-1:111111111111:certificate/1'
    const cell = prodWith({ customDomain: { name: 'api.example.com', certificateArn: arn } })
    expect(only(ofType(cell, 'AWS::ApiGateway::DomainName')).properties).toMatchObject({
      DomainName: 'api.example.com',
      SecurityPolicy: 'TLS_1_2',
    })
    expect(only(ofType(cell, 'AWS::ApiGateway::RestApi')).properties.DisableExecuteApiEndpoint).toBe(true)
  })

  test('alarms and the budget tell the addresses of the config', () => {
    const cell = prodWith({ alarmEmails: ['ops@example.com'], monthlyBudgetUsd: 500 })
    expect(only(ofType(cell, 'AWS::SNS::Subscription')).properties.Endpoint).toBe('ops@example.com')
    const budget = only(ofType(cell, 'AWS::Budgets::Budget')).properties
    expect(budget.Budget.BudgetLimit).toEqual({ Amount: 500, Unit: 'USD' })
    expect(budget.NotificationsWithSubscribers).toHaveLength(2)
  })

  test('every request of the API leaves a line in an access log', () => {
    for (const { properties } of ofType(prod, 'AWS::ApiGateway::Stage')) {
      expect(properties.AccessLogSetting.DestinationArn).toBeDefined()
      expect(properties.AccessLogSetting.Format).toContain('requestId')
    }
    expect(ofType(prod, 'AWS::ApiGateway::Stage').length).toBeGreaterThan(0)
  })

  test('notices of customers’ endpoints go to the addresses of the config, as text without content', () => {
    const cell = prodWith({ noticeEmails: ['support@example.com'] })
    expect(only(ofType(cell, 'AWS::SNS::Subscription')).properties.Endpoint).toBe('support@example.com')
    const rules = ofType(cell, 'AWS::Events::Rule').filter(({ logicalId }) => logicalId.startsWith('EventsToNotices'))
    const { EventPattern, Targets } = only(rules).properties
    expect(EventPattern['detail-type']).toEqual(['endpoint.disabled', 'endpoint.recovered', 'delivery.exhausted'])
    expect(Object.values(Targets[0].InputTransformer.InputPathsMap).sort()).toEqual(
      ['eventId', 'mode', 'tenantId', 'type'].map((field) => `$.detail.${field}`),
    )
    expect(ofType(prod, 'AWS::SNS::Subscription')).toEqual([])
  })

  test('a permissions boundary is on every role', () => {
    const arn = 'arn:aws:iam::111111111111:policy/boundary'
    const cell = prodWith({ permissionsBoundaryArn: arn })
    for (const { logicalId, properties } of ofType(cell, 'AWS::IAM::Role'))
      expect({ logicalId, boundary: properties.PermissionsBoundary }).toEqual({ logicalId, boundary: arn })
  })
})

test('resources per stack; the numbers', () => {
  const counts = Object.fromEntries(
    Object.entries(prod.templates).map(([area, template]) => [area, Object.keys(template.toJSON().Resources).length]),
  )
  process.stdout.write(`resources per stack: ${JSON.stringify(counts)}\n`)
  for (const count of Object.values(counts)) expect(count).toBeLessThanOrEqual(500)
})
