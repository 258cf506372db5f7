import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import {
  ContainerImage,
  Secret as ContainerSecret,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { PrivateDnsNamespace } from 'aws-cdk-lib/aws-servicediscovery'
import type { Construct } from 'constructs'
import { acknowledge, wildcardResource } from '../constructs/acknowledge.ts'
import { type Cell, CellStack } from '../constructs/cell.ts'
import { parameter } from '../constructs/parameters.ts'
import { allow, dataKeyThroughServices } from '../constructs/permissions.ts'
import {
  CONTROL_PORT,
  MEDIA_PORT,
  SIMULATOR_NAME,
  SOCKET_PORT,
  simulatorHost,
  simulatorZone,
} from '../constructs/simulator-address.ts'
import type { DataStack } from './data-stack.ts'
import type { NetworkStack } from './network-stack.ts'
import type { WorkersStack } from './workers-stack.ts'

interface Stacks {
  readonly data: DataStack
  readonly network: NetworkStack
  readonly workers: WorkersStack
}

/**
 * The simulated WhatsApp of test mode, optional. It keeps nothing: after a restart the phones of test sessions are gone and
 * have to scan again. Workers reach its socket, the test helpers its control API, nobody else reaches anything.
 */
export class SimulatorStack extends CellStack {
  constructor(scope: Construct, cell: Cell, stacks: Stacks) {
    super(scope, cell, 'simulator')
    const { network, workers } = stacks
    const taskDefinition = this.#makeTaskDefinition(stacks)
    const service = new FargateService(this, 'Simulator', {
      cluster: workers.cluster,
      taskDefinition,
      // One process holds all phones: a second one would be another world. So the old one stops first.
      desiredCount: 1,
      minHealthyPercent: 0,
      maxHealthyPercent: 100,
      vpcSubnets: { subnets: network.subnets },
      assignPublicIp: cell.config.egressMode === 'public-ip',
      securityGroups: [network.simulatorSecurityGroup!],
      circuitBreaker: { rollback: true },
      enableExecuteCommand: false,
    })
    // The reference is to the role alone: tasks that start before its rights are there count as failed deployments.
    service.node.addDependency(taskDefinition.executionRole!)
    const zone = new PrivateDnsNamespace(this, 'Names', { name: simulatorZone(cell), vpc: network.vpc })
    service.enableCloudMap({ name: SIMULATOR_NAME, cloudMapNamespace: zone, dnsTtl: Duration.seconds(10) })
  }

  #makeTaskDefinition({ data }: Stacks): FargateTaskDefinition {
    const { config, prefix } = this.cell
    const { cpu, memoryMiB } = config.simulator!
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/fleetline/${prefix}/simulator`,
      retention: config.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const rootKey = data.simulatorRootKey!
    const taskDefinition = new FargateTaskDefinition(this, 'Task', {
      family: `${prefix}-simulator`,
      cpu,
      memoryLimitMiB: memoryMiB,
      runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64, operatingSystemFamily: OperatingSystemFamily.LINUX },
      // Its code calls no AWS service: the task role has no right at all.
      taskRole: new Role(this, 'TaskRole', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') }),
      executionRole: this.#makeExecutionRole(data, logGroup, rootKey),
    })
    taskDefinition.addContainer('simulator', {
      containerName: 'simulator',
      image: ContainerImage.fromRegistry(parameter(this, 'SimulatorImage')),
      command: [
        'node',
        'simulator/main.ts',
        ...['--host', '0.0.0.0', '--port', String(SOCKET_PORT), '--control-port', String(CONTROL_PORT)],
        ...['--media-port', String(MEDIA_PORT), '--media-name', simulatorHost(this.cell)],
      ],
      readonlyRootFilesystem: true,
      secrets: { SIMULATOR_ROOT_KEY: ContainerSecret.fromSecretsManager(rootKey) },
      portMappings: [{ containerPort: SOCKET_PORT }, { containerPort: CONTROL_PORT }, { containerPort: MEDIA_PORT }],
      healthCheck: {
        command: ['CMD', 'node', '-e', HEALTH_SCRIPT],
        interval: Duration.seconds(30),
        timeout: Duration.seconds(5),
        retries: 3,
        startPeriod: Duration.seconds(30),
      },
      logging: LogDrivers.awsLogs({ logGroup, streamPrefix: 'simulator' }),
    })
    return taskDefinition
  }

  #makeExecutionRole(data: DataStack, logGroup: LogGroup, rootKey: Secret): Role {
    const role = new Role(this, 'ExecutionRole', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
    for (const statement of [
      allow(['ecr:GetAuthorizationToken'], '*'),
      allow(
        ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
        data.workerImages.repositoryArn,
      ),
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn),
      allow(['secretsmanager:GetSecretValue'], rootKey.secretArn),
      dataKeyThroughServices(this, data.key),
    ])
      role.addToPolicy(statement)
    acknowledge(role, { [wildcardResource('*')]: 'GetAuthorizationToken has no resource' })
    return role
  }
}

/** Any answer is a sign of life. */
const HEALTH_SCRIPT = `fetch('http://127.0.0.1:${CONTROL_PORT}/').then(() => process.exit(0), () => process.exit(1))`
