import { ArnFormat, Aws } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import type { Construct } from 'constructs'
import { ENV } from '../../shared/config/environment.ts'
import { wildcardResource } from '../constructs/acknowledge.ts'
import { AppFunction, type Environment } from '../constructs/app-function.ts'
import { type Cell, CellStack } from '../constructs/cell.ts'
import { everyMinute } from '../constructs/every-minute.ts'
import { JsonataMachine } from '../constructs/jsonata-machine.ts'
import { ALLOCATE_NAME, machineArn, ROLLOUT_NAME } from '../constructs/machine-names.ts'
import {
  allow,
  dataKeyThroughServices,
  keepOutOfIdentities,
  tableAccess,
  WORKER_QUEUES_REASON,
  workerQueueArn,
  workerQueues,
  workerQueuesFinding,
} from '../constructs/permissions.ts'
import { ROLLOUT_ALARMS } from '../constructs/rollout-alarms.ts'
import { allocateSession } from '../state-machines/allocate-session.ts'
import { rolloutWorkers } from '../state-machines/rollout-workers.ts'
import { workerLifecycle } from '../state-machines/worker-lifecycle.ts'
import type { DataStack } from './data-stack.ts'
import type { NetworkStack } from './network-stack.ts'
import { WORKER_CONTAINER, type WorkersStack } from './workers-stack.ts'

interface Stacks {
  readonly data: DataStack
  readonly network: NetworkStack
  readonly workers: WorkersStack
}

/** Who owns which session: state machines carry out, fleet-allocator decides, fleet-reconciler makes sure. */
export class AllocatorStack extends CellStack {
  readonly allocator: AppFunction
  readonly reconciler: AppFunction
  readonly lifecycle: JsonataMachine
  readonly allocate: JsonataMachine
  readonly planner: AppFunction
  readonly rollout: JsonataMachine

  constructor(scope: Construct, cell: Cell, stacks: Stacks) {
    super(scope, cell, 'allocator')
    const { data, workers } = stacks
    const environment: Environment = {
      coreTable: data.tables.core.tableName,
      messagesTable: data.tables.messages.tableName,
      usageTable: data.tables.usage.tableName,
      ephemeralTable: data.tables.ephemeral.tableName,
      hintsQueueUrl: workers.hints.queue.queueUrl,
      workerCapacity: String(cell.config.worker.capacity),
    }
    this.allocator = new AppFunction(this, {
      cell,
      name: 'fleet-allocator',
      memoryMiB: 512,
      timeoutSeconds: 25,
      environment,
      permissions: [
        tableAccess(data.tables.core, 'readWrite', ['system']),
        ...keepOutOfIdentities(data.tables.core),
        dataKeyThroughServices(this, data.key),
        allow(['sqs:SendMessage'], workers.hints.queue.queueArn),
      ],
    })
    this.lifecycle = this.#makeLifecycle(stacks)
    this.allocate = this.#makeAllocate()
    this.reconciler = this.#makeReconciler(stacks, environment)
    this.planner = this.#makePlanner(stacks, environment)
    this.rollout = this.#makeRollout()
  }

  #makeAllocate(): JsonataMachine {
    const functionArn = this.allocator.function.functionArn
    const lifecycleArn = this.lifecycle.machine.stateMachineArn
    return new JsonataMachine(this, 'AllocateSession', {
      cell: this.cell,
      name: ALLOCATE_NAME,
      definition: allocateSession,
      substitutions: { AllocatorFunctionArn: functionArn, LifecycleStateMachineArn: lifecycleArn },
      permissions: [
        allow(['lambda:InvokeFunction'], functionArn),
        allow(['states:StartExecution'], lifecycleArn),
        allow(['sqs:SendMessage'], workerQueueArn(this, this.cell)),
      ],
      acknowledged: { [workerQueuesFinding(this.cell)]: WORKER_QUEUES_REASON },
    })
  }

  #makePlanner({ data }: Stacks, environment: Environment): AppFunction {
    const { config } = this.cell
    const lifecycleArn = this.lifecycle.machine.stateMachineArn
    const planner = new AppFunction(this, {
      cell: this.cell,
      name: 'fleet-planner',
      memoryMiB: 512,
      timeoutSeconds: 55,
      environment: {
        ...environment,
        lifecycleStateMachineArn: lifecycleArn,
        rolloutStateMachineArn: machineArn(this, ROLLOUT_NAME),
        minimumWorkers: String(config.fleet.minimumWorkers),
        keepWarm: config.fleet.keepWarm ? 'true' : '',
      },
      permissions: [
        tableAccess(data.tables.core, 'readWrite', ['system']),
        ...keepOutOfIdentities(data.tables.core),
        dataKeyThroughServices(this, data.key),
        // The rollout machine by name: it calls this function, which starts it again when it is gone.
        allow(['states:StartExecution'], lifecycleArn, machineArn(this, ROLLOUT_NAME)),
        workerQueues(this, this.cell, ['sqs:SendMessage']),
      ],
      acknowledged: { [workerQueuesFinding(this.cell)]: WORKER_QUEUES_REASON },
    })
    // A laptop has one worker and no room for a spare one: there the planner fills the dashboards and decides nothing.
    everyMinute(this, 'PlanEveryMinute', planner.function, config.environment === 'local' ? { watchOnly: true } : {})
    return planner
  }

  #makeRollout(): JsonataMachine {
    const functionArn = this.planner.function.functionArn
    const ownArn = machineArn(this, ROLLOUT_NAME)
    const alarms = this.formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      // A list is checked against the alarms of the account, whatever names it asks for.
      resourceName: '*',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
    return new JsonataMachine(this, 'RolloutWorkers', {
      cell: this.cell,
      name: ROLLOUT_NAME,
      definition: rolloutWorkers(ROLLOUT_ALARMS.map((slug) => `${this.cell.prefix}-${slug}`)),
      substitutions: { PlannerFunctionArn: functionArn, OwnArn: ownArn },
      permissions: [
        allow(['lambda:InvokeFunction'], functionArn),
        allow(['states:StartExecution'], ownArn),
        allow(['cloudwatch:DescribeAlarms'], alarms),
      ],
      acknowledged: {
        [wildcardResource(alarms.replace(Aws.ACCOUNT_ID, '<AWS::AccountId>'))]:
          'alarms, read only: a list of them has no narrower resource that is sure to do',
      },
    })
  }

  #makeLifecycle({ network, workers }: Stacks): JsonataMachine {
    const { taskDefinition, cluster } = workers
    const functionArn = this.allocator.function.functionArn
    const family = `${this.cell.prefix}-worker`
    const tasks = this.formatArn({ service: 'ecs', resource: 'task', resourceName: `${this.cell.prefix}/*` })
    const inCluster = { ArnEquals: { 'ecs:cluster': cluster.clusterArn } }
    return new JsonataMachine(this, 'WorkerLifecycle', {
      cell: this.cell,
      name: 'worker-lifecycle',
      definition: workerLifecycle({ subnetCount: network.subnets.length, spot: this.cell.config.fleet.spot }),
      substitutions: {
        AllocatorFunctionArn: functionArn,
        ClusterArn: cluster.clusterArn,
        TaskDefinitionFamily: family,
        ContainerName: WORKER_CONTAINER,
        SecurityGroup: network.workerSecurityGroup.securityGroupId,
        AssignPublicIp: this.cell.config.egressMode === 'nat' ? 'DISABLED' : 'ENABLED',
        EnvTaskToken: ENV.taskToken,
        EnvWorkerId: ENV.workerId,
        EnvWorkerMode: ENV.workerMode,
        ...Object.fromEntries(network.subnets.map((subnet, index) => [`Subnet${index}`, subnet.subnetId])),
      },
      permissions: [
        allow(['lambda:InvokeFunction'], functionArn),
        new PolicyStatement({
          actions: ['ecs:RunTask'],
          // The family, that is its newest revision at launch: a deployment needs no new state machine.
          resources: [this.formatArn({ service: 'ecs', resource: 'task-definition', resourceName: `${family}:*` })],
          conditions: inCluster,
        }),
        new PolicyStatement({ actions: ['ecs:StopTask'], resources: [tasks], conditions: inCluster }),
        // PropagateTags is tagging: without this right ECS refuses the whole RunTask.
        new PolicyStatement({
          actions: ['ecs:TagResource'],
          resources: [tasks],
          conditions: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
        }),
        new PolicyStatement({ actions: ['ecs:ListTasks'], resources: ['*'], conditions: inCluster }),
        new PolicyStatement({
          actions: ['iam:PassRole'],
          resources: [taskDefinition.taskRole.roleArn, taskDefinition.executionRole!.roleArn],
          conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
        }),
      ],
      acknowledged: {
        [wildcardResource(`arn:aws:ecs:${this.region}:<AWS::AccountId>:task-definition/${family}:*`)]:
          'the newest revision of the family at launch, in this cluster only',
        [wildcardResource(`arn:aws:ecs:${this.region}:<AWS::AccountId>:task/${this.cell.prefix}/*`)]:
          'tasks are named at run time, in this cluster only',
      },
    })
  }

  #makeReconciler({ data, workers }: Stacks, environment: Environment): AppFunction {
    const allocateName = `${this.cell.prefix}-${ALLOCATE_NAME}`
    const allocateArn = this.allocate.machine.stateMachineArn
    const reconciler = new AppFunction(this, {
      cell: this.cell,
      name: 'fleet-reconciler',
      memoryMiB: 512,
      // The tick watches heartbeats for 50 s of each minute.
      timeoutSeconds: 90,
      environment: {
        ...environment,
        allocateStateMachineArn: allocateArn,
      },
      permissions: [
        // list1: the sessions of a tenant that is being deleted.
        tableAccess(data.tables.core, 'readWrite', ['system', 'list1']),
        ...keepOutOfIdentities(data.tables.core, 'changesTenants'),
        dataKeyThroughServices(this, data.key),
        allow(['states:StartExecution'], allocateArn),
        allow(['states:DescribeExecution'], executionsOf(this, allocateName)),
        allow(['sqs:SendMessage'], workers.hints.queue.queueArn),
        workerQueues(this, this.cell, ['sqs:DeleteQueue']),
      ],
      acknowledged: {
        [workerQueuesFinding(this.cell)]: WORKER_QUEUES_REASON,
        [wildcardResource(executionsOf(this, allocateName).replace(Aws.ACCOUNT_ID, '<AWS::AccountId>'))]:
          'executions are named at run time',
      },
    })
    reconciler.function.addEventSource(
      new SqsEventSource(workers.hints.queue, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 10 }),
    )
    everyMinute(this, 'ReconcileEveryMinute', reconciler.function)
    return reconciler
  }
}

/** Executions have the machine's name under another resource type. */
const executionsOf = (stack: CellStack, machineName: string): string =>
  stack.formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${machineName}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })
