import { CALM_RETRY, placeholder, type StateMachineDefinition } from './asl.ts'

/** Cold starts on Fargate take 45–60 s and workers beat every 60 s: anything below four minutes kills healthy tasks. */
export const MINIMUM_HEARTBEAT_SECONDS = 240
const HEARTBEAT_SECONDS = 300
/** Workers are recycled after a week; the token outlives them by a day. */
const LIFE_SECONDS = 8 * 24 * 3600

/** The launch itself failed: no capacity, throttled, a failure inside ECS. Not a worker that reported failure. */
const LAUNCH_ERRORS = [
  'ECS.AmazonECSException',
  // "Capacity is unavailable at this time" and a used-up vCPU quota come as one of these two.
  'ECS.ClientException',
  'ECS.ServerException',
  'ECS.ThrottlingException',
  'AmazonECS.Unknown',
  'ThrottlingException',
]

const SPOT = 'FARGATE_SPOT'

const lambda = (payload: Record<string, unknown>) => ({
  Resource: 'arn:aws:states:::lambda:invoke',
  TimeoutSeconds: 60,
  Arguments: { FunctionName: placeholder('AllocatorFunctionArn'), Payload: payload },
  Retry: [CALM_RETRY],
})

export interface LifecycleOptions {
  /** how many ${SubnetN} there are */
  readonly subnetCount: number
  /** modes that start on Fargate Spot, and on demand when Spot has no capacity */
  readonly spot: readonly ('live' | 'test')[]
}

/**
 * Supervises one worker task from launch to end. Input {v:1, mode}.
 * The token call-back does not see ECS: a task that dies before its first heartbeat is found by the heartbeat time-out
 * here, or sooner by the STOPPED event.
 */
export const workerLifecycle = ({ subnetCount, spot }: LifecycleOptions): StateMachineDefinition => ({
  Comment: 'Supervise one session worker',
  QueryLanguage: 'JSONata',
  StartAt: 'Register',
  TimeoutSeconds: LIFE_SECONDS + 24 * 3600,
  States: {
    Register: {
      Type: 'Task',
      ...lambda({
        action: 'registerWorker',
        mode: '{% $states.input.mode %}',
        launchName: '{% $states.context.Execution.Name %}',
      }),
      Assign: {
        mode: '{% $states.input.mode %}',
        workerId: '{% $states.result.Payload.workerId %}',
        provider: `{% $states.input.mode in ${JSON.stringify(spot)} and $not($states.result.Payload.startsFail = true) ? '${SPOT}' : 'FARGATE' %}`,
      },
      Next: 'RunWorker',
    },
    RunWorker: {
      Type: 'Task',
      Resource: 'arn:aws:states:::ecs:runTask.waitForTaskToken',
      HeartbeatSeconds: HEARTBEAT_SECONDS,
      TimeoutSeconds: LIFE_SECONDS,
      Arguments: {
        Cluster: placeholder('ClusterArn'),
        TaskDefinition: placeholder('TaskDefinitionFamily'),
        CapacityProviderStrategy: [{ CapacityProvider: '{% $provider %}', Weight: 1 }],
        PropagateTags: 'TASK_DEFINITION',
        StartedBy: '{% $workerId %}',
        NetworkConfiguration: {
          AwsvpcConfiguration: {
            Subnets: Array.from({ length: subnetCount }, (_, index) => placeholder(`Subnet${index}`)),
            SecurityGroups: [placeholder('SecurityGroup')],
            AssignPublicIp: placeholder('AssignPublicIp'),
          },
        },
        Overrides: {
          ContainerOverrides: [
            {
              Name: placeholder('ContainerName'),
              Environment: [
                { Name: placeholder('EnvTaskToken'), Value: '{% $states.context.Task.Token %}' },
                { Name: placeholder('EnvWorkerId'), Value: '{% $workerId %}' },
                { Name: placeholder('EnvWorkerMode'), Value: '{% $mode %}' },
              ],
            },
          ],
        },
      },
      Retry: [
        {
          ErrorEquals: LAUNCH_ERRORS,
          IntervalSeconds: 2,
          BackoffRate: 2,
          MaxAttempts: 6,
          MaxDelaySeconds: 60,
          JitterStrategy: 'FULL',
        },
      ],
      Catch: [
        { ErrorEquals: LAUNCH_ERRORS, Next: 'OnDemandInstead', Assign: { reason: '{% $states.errorOutput.Error %}' } },
        { ErrorEquals: ['States.ALL'], Next: 'FindTask', Assign: { reason: '{% $states.errorOutput.Error %}' } },
      ],
      Assign: { reason: "{% $exists($states.result.reason) ? $states.result.reason : 'unspecified' %}" },
      Next: 'Deregister',
    },
    OnDemandInstead: {
      Type: 'Choice',
      Choices: [{ Condition: `{% $provider = '${SPOT}' %}`, Assign: { provider: 'FARGATE' }, Next: 'RunWorker' }],
      Default: 'FindTask',
    },
    Deregister: {
      Type: 'Task',
      ...lambda({ action: 'workerEnded', workerId: '{% $workerId %}' }),
      Next: 'Ended',
    },
    FindTask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:ecs:listTasks',
      Arguments: { Cluster: placeholder('ClusterArn'), StartedBy: '{% $workerId %}' },
      Retry: [CALM_RETRY],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'WorkerLost', Assign: { taskArns: [] } }],
      Assign: { taskArns: '{% $states.result.TaskArns %}' },
      Next: 'AnyTask',
    },
    AnyTask: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $count($taskArns) > 0 %}', Next: 'StopTask' }],
      Default: 'WorkerLost',
    },
    StopTask: {
      Comment: 'A time-out of the token does not stop the task',
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:ecs:stopTask',
      Arguments: {
        Cluster: placeholder('ClusterArn'),
        Task: '{% $taskArns[0] %}',
        Reason: "{% 'supervision ended: ' & $reason %}",
      },
      Retry: [CALM_RETRY],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'WorkerLost' }],
      Next: 'WorkerLost',
    },
    WorkerLost: {
      Type: 'Task',
      ...lambda({ action: 'workerLost', workerId: '{% $workerId %}' }),
      Next: 'Ended',
    },
    Ended: { Type: 'Succeed', Output: '{% {"workerId": $workerId, "reason": $reason} %}' },
  },
})
