import { describe, expect, test } from '@jest/globals'
import { API_FUNCTIONS } from '../../shared/contract/operation.ts'
import { CONTROL_SETTLE_MS } from '../../shared/events/control-position.ts'
import { MEDIA_KEPT_DAYS } from '../../shared/media/media-store.ts'
import { CONFIGS } from '../config/select-config.ts'
import { ofType, synthesize } from './support/synth.ts'

const ENVIRONMENTS = Object.keys(CONFIGS)
const asList = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

describe.each(ENVIRONMENTS)('%s', (environment) => {
  const cell = synthesize(environment)

  test('nobody can connect to a worker, and workers speak to nothing but port 443', () => {
    const groups = ofType(cell, 'AWS::EC2::SecurityGroup')
    expect(groups).toHaveLength(1)
    expect(groups[0]!.properties.SecurityGroupIngress).toBeUndefined()
    expect(ofType(cell, 'AWS::EC2::SecurityGroupIngress')).toEqual([])
    for (const rule of groups[0]!.properties.SecurityGroupEgress)
      expect(rule).toMatchObject({ FromPort: 443, ToPort: 443, IpProtocol: 'tcp' })
  })

  test('the network costs nothing while idle: no NAT gateway, S3 and DynamoDB by gateway endpoints', () => {
    expect(ofType(cell, 'AWS::EC2::NatGateway')).toEqual([])
    expect(ofType(cell, 'AWS::EC2::VPCEndpoint').map(({ properties }) => properties.VpcEndpointType)).toEqual([
      'Gateway',
      'Gateway',
    ])
  })

  test('a worker has 120 s to hand over, runs on ARM64 with a read-only root and the names of its world', () => {
    const [task] = ofType(cell, 'AWS::ECS::TaskDefinition')
    expect(task!.properties.RuntimePlatform).toEqual({ CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' })
    const [container] = task!.properties.ContainerDefinitions
    expect(container).toMatchObject({
      Name: 'session-task',
      Command: ['node', '--max-semi-space-size=8', 'dist/session-task/main.mjs'],
      StopTimeout: 120,
      ReadonlyRootFilesystem: true,
    })
    expect(container.HealthCheck).toBeDefined()
    // What it takes for its memory when it says how full it is.
    expect(String(container.Memory)).toBe(task!.properties.Memory)
    expect(container.RestartPolicy).toBeUndefined()
    expect(container.Environment.map(({ Name }: { Name: string }) => Name)).toEqual(
      expect.arrayContaining(['CORE_TABLE', 'AUTH_BUCKET', 'WORKER_QUEUE_PREFIX', 'HINTS_QUEUE_URL', 'WA_TEST_URL']),
    )
  })

  test('tables: on demand, encrypted with the cell key, messages and core restorable to a point in time', () => {
    const tables = ofType(cell, 'AWS::DynamoDB::GlobalTable')
    expect(tables).toHaveLength(4)
    for (const { logicalId, properties } of tables) {
      expect(properties.BillingMode).toBe('PAY_PER_REQUEST')
      expect(properties.SSESpecification.SSEType).toBe('KMS')
      const recoverable = /^(Core|Messages)/.test(logicalId)
      for (const replica of properties.Replicas) {
        expect(replica.SSESpecification.KMSMasterKeyId).toBeDefined()
        expect(replica.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(recoverable)
      }
      expect(properties.TimeToLiveSpecification?.AttributeName).toBe(
        /^(Ephemeral|Usage)/.test(logicalId) ? 'ttl' : undefined,
      )
    }
  })

  test('the index over all tenants shows keys only', () => {
    for (const { properties } of ofType(cell, 'AWS::DynamoDB::GlobalTable'))
      for (const index of properties.GlobalSecondaryIndexes ?? [])
        expect(index.Projection.ProjectionType).toBe(['list1', 'list2'].includes(index.IndexName) ? 'ALL' : 'KEYS_ONLY')
  })

  test('no lifecycle rule deletes a current object of the auth logs', () => {
    const bucket = ofType(cell, 'AWS::S3::Bucket').find(({ logicalId }) => logicalId.startsWith('AuthBucket'))
    for (const rule of bucket!.properties.LifecycleConfiguration.Rules) {
      expect(rule.ExpirationInDays).toBeUndefined()
      expect(rule.ExpirationDate).toBeUndefined()
      expect(rule.Transitions).toBeUndefined()
    }
    expect(Object.values(bucket!.properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true])
  })

  test('files of messages go when their rows say so, and nobody reads them without a link', () => {
    const bucket = ofType(cell, 'AWS::S3::Bucket').find(({ logicalId }) => logicalId.startsWith('MediaBucket'))
    expect(bucket!.properties.LifecycleConfiguration.Rules).toEqual([
      expect.objectContaining({ ExpirationInDays: MEDIA_KEPT_DAYS, Status: 'Enabled' }),
    ])
    expect(Object.values(bucket!.properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true])
    const [rule] = bucket!.properties.BucketEncryption.ServerSideEncryptionConfiguration
    expect(rule.ServerSideEncryptionByDefault.SSEAlgorithm).toBe('aws:kms')
  })

  test('every queue has a dead-letter queue or is one, gives up after five receives, and waits long enough', () => {
    for (const { logicalId, properties } of ofType(cell, 'AWS::SQS::Queue')) {
      if (logicalId.includes('DeadLetters')) expect(properties.RedrivePolicy).toBeUndefined()
      else {
        expect(properties.RedrivePolicy.maxReceiveCount).toBe(5)
        expect(properties.VisibilityTimeout).toBe(180)
      }
    }
    const queues = ofType(cell, 'AWS::SQS::Queue').map(({ logicalId }) => logicalId.includes('DeadLetters'))
    expect(queues.length).toBeGreaterThanOrEqual(6)
    expect(queues.filter((isDead) => isDead)).toHaveLength(queues.length / 2)
  })

  test('queues, bucket and topic refuse plain HTTP', () => {
    const policies = [
      ...ofType(cell, 'AWS::SQS::QueuePolicy'),
      ...ofType(cell, 'AWS::S3::BucketPolicy'),
      ...ofType(cell, 'AWS::SNS::TopicPolicy'),
    ]
    const guarded = ['AWS::SQS::Queue', 'AWS::S3::Bucket', 'AWS::SNS::Topic']
    expect(policies).toHaveLength(guarded.flatMap((type) => ofType(cell, type)).length)
    for (const { properties } of policies)
      expect(properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      )
  })

  test('event sources answer per message and cannot take all concurrency', () => {
    const mappings = ofType(cell, 'AWS::Lambda::EventSourceMapping')
    const queues = ofType(cell, 'AWS::SQS::Queue').filter(({ logicalId }) => !logicalId.includes('DeadLetters'))
    expect(mappings).toHaveLength(queues.length)
    for (const { properties } of mappings) {
      expect(properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures'])
      expect(properties.ScalingConfig.MaximumConcurrency).toBeGreaterThanOrEqual(2)
    }
  })

  test('a message is visible again only after its lambda has certainly ended', () => {
    // The stream reads no queue: its requests last up to 15 minutes.
    const timeouts = ofType(cell, 'AWS::Lambda::Function')
      .filter(({ logicalId }) => !logicalId.startsWith('apistream'))
      .map(({ properties }) => properties.Timeout)
    for (const timeout of timeouts) expect(timeout).toBeLessThanOrEqual(180)
  })

  test('a tick that fails is not repeated beside the next one, neither by the scheduler nor by Lambda', () => {
    const ticks = ofType(cell, 'AWS::Scheduler::Schedule')
    expect(ticks.length).toBeGreaterThanOrEqual(3)
    const calm = ofType(cell, 'AWS::Lambda::EventInvokeConfig')
    for (const { properties } of ticks) {
      expect(properties.Target.RetryPolicy.MaximumRetryAttempts).toBe(0)
      const [functionId] = properties.Target.Arn['Fn::GetAtt']
      const config = calm.find((each) => JSON.stringify(each.properties.FunctionName).includes(functionId))
      expect(config?.properties).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 })
    }
  })

  test('no role may do "everything" of a service', () => {
    const policies = [...ofType(cell, 'AWS::IAM::Policy'), ...ofType(cell, 'AWS::IAM::Role')]
    for (const { stack, logicalId, properties } of policies) {
      const documents = [properties.PolicyDocument, ...asList(properties.Policies).map((p) => p.PolicyDocument)]
      for (const statement of documents.flatMap((document) => document?.Statement ?? []))
        for (const action of asList<string>(statement.Action))
          expect({ stack, logicalId, action: action.includes('*') ? action : 'fine' }).toEqual({
            stack,
            logicalId,
            action: 'fine',
          })
    }
  })

  test('functions that serve tenants cannot read the index over all tenants', () => {
    for (const { logicalId, properties } of ofType(cell, 'AWS::IAM::Policy'))
      if (/^api(messages|control|test)Role/.test(logicalId))
        expect(JSON.stringify(properties.PolicyDocument)).not.toContain('/index/system')
  })

  test('customer URLs reach loopback and plain http on a laptop only', () => {
    for (const { properties } of ofType(cell, 'AWS::Lambda::Function')) {
      const { EGRESS_ALLOW_CIDRS: cidrs, EGRESS_ALLOW_HTTP: http } = properties.Environment.Variables
      if (cidrs === undefined) continue
      expect([cidrs, http]).toEqual(environment === 'local' ? ['127.0.0.0/8', 'true'] : ['', ''])
    }
    const guarded = ofType(cell, 'AWS::Lambda::Function').filter(
      ({ properties }) => 'EGRESS_ALLOW_CIDRS' in properties.Environment.Variables,
    )
    expect(guarded.length).toBeGreaterThanOrEqual(2)
  })

  test('no function that writes control-plane events lives longer than readers wait for them', () => {
    // A stream writes none once it is open.
    for (const { logicalId, properties } of ofType(cell, 'AWS::Lambda::Function'))
      if (!logicalId.startsWith('apistream')) expect(properties.Timeout * 1000).toBeLessThan(CONTROL_SETTLE_MS)
  })

  test('no function takes environment variables that nobody named', () => {
    for (const { properties } of ofType(cell, 'AWS::Lambda::Function'))
      for (const name of Object.keys(properties.Environment.Variables)) expect(name).toMatch(/^[A-Z][A-Z_]+$/)
  })

  test('functions run Node 24 on ARM64 and each has a role and a log group of its own', () => {
    const functions = ofType(cell, 'AWS::Lambda::Function')
    // Seven beside the API: events, fleet, media. The canary, where it is switched on, is one more.
    expect(functions).toHaveLength(API_FUNCTIONS.length + 7)
    for (const { properties } of functions)
      expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' })
    for (const property of ['Role', 'LoggingConfig'])
      expect(new Set(functions.map(({ properties }) => JSON.stringify(properties[property]))).size).toBe(
        functions.length,
      )
  })

  test('every stack stays below the 500 resources of CloudFormation', () => {
    for (const template of Object.values(cell.templates))
      expect(Object.keys(template.toJSON().Resources).length).toBeLessThanOrEqual(500)
  })

  test('the template uses only what the local reader understands', () => {
    const allowed = ['Fn::GetAtt', 'Fn::ImportValue', 'Fn::Join', 'Fn::Select', 'Fn::Split', 'Fn::Sub']
    for (const template of Object.values(cell.templates)) {
      const { Resources, Outputs } = template.toJSON()
      const used = new Set(JSON.stringify({ Resources, Outputs }).match(/"Fn::\w+"/g) ?? [])
      expect([...used].map((name) => JSON.parse(name)).filter((name) => !allowed.includes(name))).toEqual([])
    }
    expect(cell.resources.filter(({ type }) => type.startsWith('Custom::'))).toEqual([])
  })
})

test('what must survive a deleted stack survives it in production', () => {
  const cell = synthesize('prod')
  expect(cell.stacks.data.terminationProtection).toBe(true)
  const json = cell.templates.data.toJSON().Resources
  for (const resource of Object.values<{ Type: string; DeletionPolicy?: string }>(json))
    if (/GlobalTable|Bucket$|KMS::Key|Secret$/.test(resource.Type)) expect(resource.DeletionPolicy).toBe('Retain')
  for (const { properties } of ofType(cell, 'AWS::DynamoDB::GlobalTable'))
    expect(properties.Replicas[0].DeletionProtectionEnabled).toBe(true)
})

test('the planner acts in the cloud and only watches on a laptop', () => {
  const inputs = (name: string) =>
    ofType(synthesize(name), 'AWS::Scheduler::Schedule')
      .filter(({ logicalId }) => logicalId.startsWith('PlanEveryMinute'))
      .map(({ properties }) => JSON.parse(properties.Target.Input))
  expect(inputs('prod')).toEqual([{ v: 1, kind: 'tick' }])
  expect(inputs('local')).toEqual([{ v: 1, kind: 'tick', watchOnly: true }])
})
