import { expect, test } from '@jest/globals'
import { FULL, ofType, synthesize, synthesizeConfig } from './support/synth.ts'

const cell = synthesizeConfig(FULL)
const groups = ofType(cell, 'AWS::EC2::SecurityGroup')
const idOf = (name: string) => groups.find(({ logicalId }) => logicalId.startsWith(name))!.logicalId
const namesGroup = (value: unknown, name: string) => JSON.stringify(value).includes(idOf(name))

const workerVariable = (name: string): string =>
  ofType(cell, 'AWS::ECS::TaskDefinition')
    .find(({ stack }) => stack === 'workers')!
    .properties.ContainerDefinitions[0].Environment.find((each: { Name: string }) => each.Name === name).Value

test('a simulator that is switched on later is found: its addresses are no parameters, which keep what they were', () => {
  for (const template of [cell.templates.workers, cell.templates.api])
    expect(Object.keys(template.toJSON().Parameters).filter((name) => /^WaTest(Control)?Url$/.test(name))).toEqual([])
  for (const { properties } of ofType(cell, 'AWS::Lambda::Function'))
    expect(properties.Environment.Variables.WA_TEST_URL ?? workerVariable('WA_TEST_URL')).toBe(
      workerVariable('WA_TEST_URL'),
    )
})

test('without the option there is no simulator: no stack, no parameter with its address, no helper inside the network', () => {
  const prod = synthesize('prod')
  expect(prod.templates.simulator).toBeUndefined()
  expect(prod.templates.workers.toJSON().Parameters.WaTestUrl.Default).toBe('')
  for (const { properties } of ofType(prod, 'AWS::Lambda::Function')) expect(properties.VpcConfig).toBeUndefined()
})

test('only workers reach its socket and only the helpers of test mode its control API', () => {
  const ways = ofType(cell, 'AWS::EC2::SecurityGroupIngress')
    .filter(({ properties }) => namesGroup(properties.GroupId, 'Simulator'))
    .map(({ properties }) => [properties.FromPort, namesGroup(properties.SourceSecurityGroupId, 'Workers')])
  expect(ways.sort()).toEqual([
    [8080, true],
    [8081, false],
    [8443, true],
  ])
  const simulator = groups.find(({ logicalId }) => logicalId === idOf('Simulator'))!
  expect(simulator.properties.SecurityGroupIngress).toBeUndefined()
  const inside = ofType(cell, 'AWS::Lambda::Function').filter(({ properties }) => properties.VpcConfig)
  expect(inside.map(({ properties }) => properties.FunctionName)).toEqual(['fleetline-prod-c1-api-test'])
})

test('the helpers have no way to the internet, so they call nothing that has no endpoint in the network', () => {
  const inPublic = synthesizeConfig({ ...FULL, egressMode: 'public-ip', interfaceEndpoints: false })
  const policy = ofType(inPublic, 'AWS::IAM::Policy').find(({ logicalId }) => logicalId.startsWith('apitest'))!
  const statements: { Action: string | string[]; Condition?: object }[] = policy.properties.PolicyDocument.Statement
  const direct = statements
    // By a service, on behalf of the caller: KMS is called from there, not from inside the network.
    .filter(({ Condition }) => !JSON.stringify(Condition ?? {}).includes('kms:ViaService'))
    .flatMap(({ Action }) => Action)
    .map((action) => action.split(':')[0])
  const endpoints = ofType(inPublic, 'AWS::EC2::VPCEndpoint').map(({ properties }) =>
    JSON.stringify(properties.ServiceName),
  )
  // The log and the interfaces are Lambda's own business, outside the network.
  const called = new Set(direct.filter((service) => service !== 'logs' && service !== 'ec2'))
  expect([...called].sort()).toEqual(['dynamodb', 'secretsmanager'])
  for (const service of called) expect(endpoints.join()).toContain(`.${service}`)
})

test('test mode points to it by a name that exists inside the network alone', () => {
  expect(workerVariable('WA_TEST_URL')).toBe('ws://simulator.fleetline-prod-c1.internal:8080/ws/chat')
  const zone = ofType(cell, 'AWS::ServiceDiscovery::PrivateDnsNamespace')
  expect(zone.map(({ properties }) => properties.Name)).toEqual(['fleetline-prod-c1.internal'])
})

test('its files lie on the host that workers connect to, the only one that they take files from', () => {
  const task = ofType(cell, 'AWS::ECS::TaskDefinition').find(({ stack }) => stack === 'simulator')!
  const command: string[] = task.properties.ContainerDefinitions[0].Command
  const { hostname } = new URL(workerVariable('WA_TEST_URL'))
  expect(command[command.indexOf('--media-name') + 1]).toBe(hostname)
  expect(command[command.indexOf('--media-port') + 1]).toBe('8443')
})

test('one process, by digest, on a read-only file system, with no right in AWS', () => {
  const [service] = ofType(cell, 'AWS::ECS::Service')
  // Without the wait for its rights, the first tasks cannot pull their image and count as a failed deployment.
  const made: { DependsOn?: string[] } = cell.templates.simulator!.toJSON().Resources[service!.logicalId]
  expect(made.DependsOn?.join()).toContain('ExecutionRoleDefaultPolicy')
  expect(service!.properties).toMatchObject({
    DesiredCount: 1,
    DeploymentConfiguration: { MaximumPercent: 100, MinimumHealthyPercent: 0 },
  })
  const task = ofType(cell, 'AWS::ECS::TaskDefinition').find(({ stack }) => stack === 'simulator')!
  expect(task.properties.ContainerDefinitions[0]).toMatchObject({ ReadonlyRootFilesystem: true })
  const policies = ofType(cell, 'AWS::IAM::Policy').filter(({ stack }) => stack === 'simulator')
  expect(policies.map(({ logicalId }) => logicalId.replace(/Default.*/, ''))).toEqual(['ExecutionRole'])
})

test('the canary holds its own secret and nothing of the platform: no table, no queue, no other function', () => {
  const policy = ofType(cell, 'AWS::IAM::Policy').find(({ logicalId }) => logicalId.startsWith('fleetcanary'))!
  const actions = policy.properties.PolicyDocument.Statement.flatMap(({ Action }: { Action: string[] }) => Action)
  expect(actions.filter((action: string) => /^(dynamodb|sqs|s3|states|lambda|events):/.test(action))).toEqual([])
  expect(JSON.stringify(ofType(cell, 'AWS::Scheduler::Schedule'))).toContain('receiveUrl')
})
