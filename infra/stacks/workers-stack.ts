import { Duration, Size } from 'aws-cdk-lib'
import {
  AwsLogDriverMode,
  Cluster,
  ContainerImage,
  ContainerInsights,
  CpuArchitecture,
  FargateTaskDefinition,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs'
import { Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { WORKER_COMMAND } from '../../shared/fleet/worker-command.ts'
import { acknowledge, wildcardResource } from '../constructs/acknowledge.ts'
import { AppFunction, baseEnvironment, toVariables } from '../constructs/app-function.ts'
import { type Cell, CellStack, keepsItsName, workerQueuePrefix } from '../constructs/cell.ts'
import { GuardedQueue } from '../constructs/guarded-queue.ts'
import { maskPrivateData } from '../constructs/log-privacy.ts'
import { MEDIA_OBJECTS_REASON, mediaObjects, mediaObjectsFinding } from '../constructs/media-permissions.ts'
import { parameter } from '../constructs/parameters.ts'
import {
  allow,
  dataKeyThroughServices,
  keepOutOfIdentities,
  tableAccess,
  tenantDataKeys,
  WORKER_QUEUES_REASON,
  workerQueues,
  workerQueuesFinding,
} from '../constructs/permissions.ts'
import type { DataStack } from './data-stack.ts'
import type { EventsStack } from './events-stack.ts'
import type { NetworkStack } from './network-stack.ts'

interface Stacks {
  readonly data: DataStack
  readonly network: NetworkStack
  readonly events: EventsStack
}

export const WORKER_CONTAINER = 'session-task'
/** Fargate's maximum; a worker that drains needs less than half of it. */
const STOP_TIMEOUT_SECONDS = 120
/** The worker touches this file at each heartbeat; without the file (still starting) it counts as healthy. */
const HEARTBEAT_FILE = '/tmp/heartbeat'
const HEALTH_COMMAND = `test -z "$(find ${HEARTBEAT_FILE} -mmin +2 2>/dev/null)"`

/** What a session worker is: cluster, task definition, its rights, and the queue on which it asks for attention. */
export class WorkersStack extends CellStack {
  readonly cluster: Cluster
  readonly taskDefinition: FargateTaskDefinition
  /** hints for the reconciler: API, workers, Step Functions and ECS ring it */
  readonly hints: GuardedQueue
  /** files to fetch from customers' addresses */
  readonly mediaFetch: GuardedQueue
  readonly ruleName: string
  readonly functions: readonly AppFunction[]

  constructor(scope: Construct, cell: Cell, stacks: Stacks) {
    super(scope, cell, 'workers')
    this.hints = new GuardedQueue(this, 'Hints', { name: `${cell.prefix}-hints` })
    this.cluster = new Cluster(this, 'Cluster', {
      clusterName: cell.prefix,
      // Only told so that CDK does not make a second network; a cluster has none.
      vpc: stacks.network.vpc,
      // Per-task metrics cost money per task; the workers report aggregates themselves.
      containerInsightsV2: ContainerInsights.DISABLED,
      enableFargateCapacityProviders: true,
    })
    acknowledge(this.cluster, {
      'AwsSolutions-ECS4':
        'workers emit their own aggregated metrics; Container Insights bills each task and container',
    })
    this.taskDefinition = this.#makeTaskDefinition(stacks)
    this.ruleName = `${cell.prefix}-task-stopped`
    this.#ringWhenTasksStop()
    this.mediaFetch = new GuardedQueue(this, 'MediaFetch', { name: `${cell.prefix}-media-fetch` })
    this.functions = [this.#makeMediaFetch(stacks.data)]
  }

  #makeTaskDefinition({ data, events }: Stacks): FargateTaskDefinition {
    const { config, prefix } = this.cell
    const logGroup = new LogGroup(this, 'WorkerLogs', {
      logGroupName: `/fleetline/${prefix}/worker`,
      retention: config.logRetentionDays,
      dataProtectionPolicy: maskPrivateData(this.cell),
      removalPolicy: keepsItsName(this.cell),
    })
    const taskDefinition = new FargateTaskDefinition(this, 'Worker', {
      family: `${prefix}-worker`,
      cpu: config.worker.cpu,
      memoryLimitMiB: config.worker.memoryMiB,
      runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64, operatingSystemFamily: OperatingSystemFamily.LINUX },
      taskRole: this.#makeTaskRole(data, events),
      executionRole: this.#makeExecutionRole(data, logGroup),
      volumes: [{ name: 'tmp' }],
    })
    const container = taskDefinition.addContainer(WORKER_CONTAINER, {
      containerName: WORKER_CONTAINER,
      image: ContainerImage.fromRegistry(parameter(this, 'WorkerImage')),
      command: [...WORKER_COMMAND],
      // Without a limit of its own the process sees the memory of the machine, and takes sessions until the task is killed.
      memoryLimitMiB: config.worker.memoryMiB,
      stopTimeout: Duration.seconds(STOP_TIMEOUT_SECONDS),
      readonlyRootFilesystem: true,
      environment: toVariables({
        ...baseEnvironment(this.cell),
        coreTable: data.tables.core.tableName,
        messagesTable: data.tables.messages.tableName,
        usageTable: data.tables.usage.tableName,
        ephemeralTable: data.tables.ephemeral.tableName,
        authBucket: data.authBucket.bucketName,
        mediaBucket: data.mediaBucket.bucketName,
        kmsKeyId: data.key.keyArn,
        eventBus: events.bus.eventBusName,
        hintsQueueUrl: this.hints.queue.queueUrl,
        workerQueuePrefix: workerQueuePrefix(this.cell),
        workerCapacity: String(config.worker.capacity),
        heartbeatFile: HEARTBEAT_FILE,
        waTestUrl: parameter(this, 'WaTestUrl'),
        waTestTrustRoot: parameter(this, 'WaTestTrustRootHex'),
        waTestMediaCa: parameter(this, 'WaTestMediaCa'),
        egressAllowCidrs: config.egress.allowCidrs.join(','),
        liveMode: parameter(this, 'LiveMode'),
      }),
      healthCheck: {
        command: ['CMD-SHELL', HEALTH_COMMAND],
        interval: Duration.seconds(30),
        timeout: Duration.seconds(5),
        retries: 3,
        startPeriod: Duration.seconds(60),
      },
      logging: LogDrivers.awsLogs({
        logGroup,
        streamPrefix: 'worker',
        // A slow log service must never block the event loop of 200 sessions.
        mode: AwsLogDriverMode.NON_BLOCKING,
        maxBufferSize: Size.mebibytes(25),
      }),
    })
    container.addMountPoints({ sourceVolume: 'tmp', containerPath: '/tmp', readOnly: false })
    acknowledge(taskDefinition, {
      'AwsSolutions-ECS2': 'the environment holds names and addresses, no secret; secrets are read by the process',
    })
    return taskDefinition
  }

  #makeTaskRole(data: DataStack, events: EventsStack): Role {
    const role = new Role(this, 'TaskRole', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
    for (const statement of [
      tableAccess(data.tables.core, 'readWrite'),
      ...keepOutOfIdentities(data.tables.core),
      tableAccess(data.tables.messages, 'readWrite'),
      tableAccess(data.tables.usage, 'readWrite'),
      tableAccess(data.tables.ephemeral, 'readWrite'),
      dataKeyThroughServices(this, data.key),
      tenantDataKeys(data.key),
      allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], ...logObjects(data)),
      allow(['s3:ListBucket'], data.authBucket.bucketArn, data.mediaBucket.bucketArn),
      mediaObjects(data, ['s3:GetObject', 's3:PutObject']),
      allow(['events:PutEvents'], events.bus.eventBusArn),
      allow(['sqs:SendMessage'], this.hints.queue.queueArn),
      workerQueues(this, this.cell, [
        'sqs:CreateQueue',
        'sqs:DeleteQueue',
        'sqs:GetQueueUrl',
        'sqs:GetQueueAttributes',
        'sqs:SetQueueAttributes',
        'sqs:TagQueue',
        'sqs:SendMessage',
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:ChangeMessageVisibility',
      ]),
      // A task token names one wait of one execution; the API has no resource to restrict it by.
      allow(['states:SendTaskSuccess', 'states:SendTaskFailure', 'states:SendTaskHeartbeat'], '*'),
    ])
      role.addToPolicy(statement)
    acknowledge(role, {
      [workerQueuesFinding(this.cell)]: WORKER_QUEUES_REASON,
      [mediaObjectsFinding(this.cell)]: MEDIA_OBJECTS_REASON,
      [wildcardResource('*')]: 'a task token has no resource; whoever holds it can only end that one wait',
      ...Object.fromEntries(
        LOG_KINDS.map((kind) => [
          wildcardResource(`${this.cell.prefix}-data:${AUTH_BUCKET_ARN_EXPORT}/${kind}/*`),
          'objects of the session logs, by kind',
        ]),
      ),
    })
    return role
  }

  #makeExecutionRole(data: DataStack, logGroup: LogGroup): Role {
    const role = new Role(this, 'ExecutionRole', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
    for (const statement of [
      allow(['ecr:GetAuthorizationToken'], '*'),
      allow(
        ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
        data.workerImages.repositoryArn,
      ),
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn),
    ])
      role.addToPolicy(statement)
    acknowledge(role, { [wildcardResource('*')]: 'GetAuthorizationToken has no resource' })
    return role
  }

  /** Outside any VPC and with a role of its own: it talks to addresses that customers chose. */
  #makeMediaFetch(data: DataStack): AppFunction {
    const { egress } = this.cell.config
    const fetch = new AppFunction(this, {
      cell: this.cell,
      name: 'media-fetch',
      memoryMiB: 512,
      timeoutSeconds: 150,
      environment: {
        coreTable: data.tables.core.tableName,
        messagesTable: data.tables.messages.tableName,
        usageTable: data.tables.usage.tableName,
        ephemeralTable: data.tables.ephemeral.tableName,
        mediaBucket: data.mediaBucket.bucketName,
        kmsKeyId: data.key.keyArn,
        hintsQueueUrl: this.hints.queue.queueUrl,
        egressAllowCidrs: egress.allowCidrs.join(','),
        egressAllowHttp: egress.allowHttp ? 'true' : '',
      },
      permissions: [
        // Write: the tenant's data key is made at its first use, the quota of files lies there.
        tableAccess(data.tables.core, 'readWrite'),
        ...keepOutOfIdentities(data.tables.core),
        tableAccess(data.tables.messages, 'readWrite'),
        dataKeyThroughServices(this, data.key),
        tenantDataKeys(data.key),
        mediaObjects(data, ['s3:PutObject']),
        allow(['sqs:SendMessage'], this.hints.queue.queueArn),
        workerQueues(this, this.cell, ['sqs:SendMessage']),
      ],
      acknowledged: {
        [workerQueuesFinding(this.cell)]: WORKER_QUEUES_REASON,
        [mediaObjectsFinding(this.cell)]: MEDIA_OBJECTS_REASON,
      },
    })
    fetch.function.addEventSource(
      new SqsEventSource(this.mediaFetch.queue, { batchSize: 1, reportBatchItemFailures: true, maxConcurrency: 20 }),
    )
    return fetch
  }

  /** A stopped task is a dead worker within a second or two, long before its heartbeat is missed. */
  #ringWhenTasksStop(): void {
    new Rule(this, 'TaskStopped', {
      ruleName: this.ruleName,
      description: 'A worker task stopped: fence it at once',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: { clusterArn: [this.cluster.clusterArn], lastStatus: ['STOPPED'] },
      },
      targets: [new SqsQueue(this.hints.queue, { deadLetterQueue: this.hints.deadLetters })],
    })
  }
}

const LOG_KINDS = ['head', 'wal', 'snap', 'poison']
/** How cdk-nag prints the bucket's ARN as another stack sees it. */
const AUTH_BUCKET_ARN_EXPORT = 'ExportsOutputFnGetAttAuthBucketF2C7C592Arn47BC8872'

const logObjects = (data: DataStack): string[] => LOG_KINDS.map((kind) => data.authBucket.arnForObjects(`${kind}/*`))
