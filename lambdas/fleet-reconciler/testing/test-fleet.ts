import { vi } from 'vitest'
import { allocateSession } from '../../../infra/state-machines/allocate-session.ts'
import { rolloutWorkers } from '../../../infra/state-machines/rollout-workers.ts'
import { workerLifecycle } from '../../../infra/state-machines/worker-lifecycle.ts'
import { startTestCloud } from '../../../local/cloud/testing/cloud.ts'
import { StatesError } from '../../../local/runtime/step-functions/states-error.ts'
import { makeStepFunctions } from '../../../local/runtime/step-functions/step-functions.ts'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  makeSQSClient,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '../../../shared/aws/sqs.ts'
import { makeSFNClient } from '../../../shared/aws/step-functions.ts'
import { newId } from '../../../shared/core/ids.ts'
import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import type { Hint } from '../../../shared/fleet/hints.ts'
import { makeLog } from '../../../shared/log/log.ts'
import { Leases } from '../../../shared/store/leases.ts'
import type { WorkerRow } from '../../../shared/store/rows/fleet.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import { transact } from '../../../shared/store/table.ts'
import { openTables } from '../../../shared/store/tables.ts'
import { BLANK_SESSION } from '../../../shared/store/testing/blank-session.ts'
import { Workers } from '../../../shared/store/workers.ts'
import type { ReconcilerContext } from '../context.ts'
import { eventually } from './eventually.ts'

export interface LaunchedTask {
  readonly workerId: string
  readonly mode: 'live' | 'test'
  readonly token: string
}

// biome-ignore lint/suspicious/noExplicitAny: Arguments of a state have whatever shape the definition gives them
type Arguments = any
type Integration = (input: Arguments) => Promise<unknown>

export type TestFleet = Awaited<ReturnType<typeof startTestFleet>>

const ROLLOUT_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:rollout-workers'
const ALLOCATE_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:allocate-session'

/**
 * The two real state machines on the real interpreter, the real lambdas' code, DynamoDB and SQS emulators. Only the task
 * itself is played by the test: `tasks` are the launches that ECS was asked for.
 */
export const startTestFleet = async () => {
  const tasks: LaunchedTask[] = []
  const stoppedTasks: string[] = []
  const alarms = { ringing: [] as string[], unreadable: false }
  const lambda: Record<string, (event: unknown) => Promise<unknown>> = {}
  const sqsClient: { value?: ReturnType<typeof makeSQSClient> } = {}
  const stepFunctions = makeStepFunctions({
    integrations: new Map<string, Integration>([
      [
        'arn:aws:states:::lambda:invoke',
        async ({ FunctionName, Payload }) => ({ Payload: await lambda[FunctionName]!(Payload) }),
      ],
      [
        'arn:aws:states:::sqs:sendMessage',
        async ({ QueueUrl, MessageBody }) => sqsClient.value!.send(new SendMessageCommand({ QueueUrl, MessageBody })),
      ],
      [
        'arn:aws:states:::states:startExecution',
        async ({ StateMachineArn, Name, Input }) => {
          try {
            return stepFunctions.start(StateMachineArn, Input, Name)
          } catch (error) {
            throw new StatesError(`StepFunctions.${(error as { code: string }).code}Exception`, String(error))
          }
        },
      ],
      [
        'arn:aws:states:::aws-sdk:cloudwatch:describeAlarms',
        async ({ AlarmNames, StateValue }) => {
          if (alarms.unreadable) throw new StatesError('CloudWatch.AccessDeniedException', 'not allowed')
          const isAsked = (name: string) => AlarmNames.includes(name) && StateValue === 'ALARM'
          return { MetricAlarms: alarms.ringing.filter(isAsked).map((AlarmName) => ({ AlarmName })) }
        },
      ],
      ['arn:aws:states:::ecs:runTask', async (input) => void tasks.push(launchOf(input))],
      ['arn:aws:states:::aws-sdk:ecs:listTasks', async ({ StartedBy }) => ({ TaskArns: [`task/${StartedBy}`] })],
      ['arn:aws:states:::aws-sdk:ecs:stopTask', async ({ Task }) => void stoppedTasks.push(Task)],
    ]),
  })
  const lifecycleArn = stepFunctions.register(
    'worker-lifecycle',
    filled(workerLifecycle({ subnetCount: 2, spot: ['test'] }), {}),
  )
  stepFunctions.register('allocate-session', filled(allocateSession, { LifecycleStateMachineArn: lifecycleArn }))
  const rolloutArn = stepFunctions.register(
    'rollout-workers',
    filled(rolloutWorkers(['cell-session-crashes'], 1), { OwnArn: ROLLOUT_ARN }),
  )
  const cloud = await startTestCloud([stepFunctions])
  cloud.apply()
  const sqs = makeSQSClient()
  sqsClient.value = sqs
  const makeQueue = async (name: string) => (await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl!
  const hintsQueueUrl = await makeQueue('hints')
  Object.assign(process.env, {
    HINTS_QUEUE_URL: hintsQueueUrl,
    WORKER_CAPACITY: '3',
    ALLOCATE_STATE_MACHINE_ARN: ALLOCATE_ARN,
    LIFECYCLE_STATE_MACHINE_ARN: lifecycleArn,
    ROLLOUT_STATE_MACHINE_ARN: ROLLOUT_ARN,
    LOG_LEVEL: 'silent',
  })
  // Lambdas make their clients when they are loaded: each fleet loads its own.
  vi.resetModules()
  lambda.AllocatorFunctionArn = (await import('../../fleet-allocator/fleet-allocator.lambda.ts')).handler
  lambda.PlannerFunctionArn = (await import('../../fleet-planner/fleet-planner.lambda.ts')).handler
  const reconciler = (await import('../fleet-reconciler.lambda.ts')).handler
  const tables = openTables()
  const workers = new Workers(tables)
  const failures: unknown[] = []
  const pump = pumpQueue(sqs, hintsQueueUrl, async (messageId, body) => {
    const answer = await reconciler({ Records: [{ messageId, body }] })
    if (answer?.batchItemFailures.length) failures.push(body)
  })

  const sendBody = (body: unknown) =>
    sqs.send(new SendMessageCommand({ QueueUrl: hintsQueueUrl, MessageBody: JSON.stringify(body) }))
  return {
    tables,
    workers,
    tasks,
    stoppedTasks,
    /** what CloudWatch says */
    alarms,
    failures,
    stepFunctions,
    sqs,
    reconciler,
    startRolloutMachine: (input: { v: 1; mode: string; rolloutId: string; generation: number }) =>
      stepFunctions.start(rolloutArn, input, `${input.rolloutId}-${input.generation}`),
    planner: lambda.PlannerFunctionArn,
    hint: (hint: Hint) => sendBody(hint),
    /** what EventBridge puts into the hints queue when the process of a task has ended */
    sayStopped: (startedBy: string) =>
      sendBody({
        'detail-type': 'ECS Task State Change',
        detail: {
          taskArn: `task/${startedBy}`,
          lastStatus: 'STOPPED',
          startedBy,
          stopCode: 'EssentialContainerExited',
        },
      }),
    /** clocks of the test: `monotonic` moves only by `sleep` */
    makeContext: (clock: { monotonic: number }, onSleep: () => Promise<void>): ReconcilerContext => ({
      tables,
      sqs,
      stepFunctions: makeSFNClient(),
      log: makeLog('test', 'silent'),
      hintsQueueUrl,
      allocateStateMachineArn: ALLOCATE_ARN,
      now: Date.now,
      monotonic: () => clock.monotonic,
      sleep: async (milliseconds) => {
        clock.monotonic += milliseconds
        await onSleep()
      },
      random: Math.random,
    }),
    /** a session that wants to run, unowned */
    makeSession: async (mode: 'live' | 'test' = 'test') => {
      const scope = TenantScope.fromVerified('systemRow', { tenantId: newId('ten'), mode })
      const leases = new Leases(tables, scope)
      const sessions = new Sessions(tables, scope)
      const id = newId('ses')
      await transact(tables.client, [leases.createLeg(id), sessions.createLeg(sessionRow(scope, id))])
      await leases.setDesired(id, 'RUNNING')
      return { id, scope, leases, sessions, ref: { tenantId: scope.tenantId, mode, sessionId: id } }
    },
    /** a worker that is READY, as its own process would make it */
    makeWorker: async (patch: Partial<WorkerRow> = {}) => {
      const id = newId('wrk')
      const row: WorkerRow = { ...workerRow(id), queueUrl: await makeQueue(id), ...patch }
      await workers.register(row)
      return row
    },
    /** what the process of a launched task does when it has come up */
    comeUp: async (task: LaunchedTask) => {
      const queueUrl = await makeQueue(task.workerId)
      const row = { id: task.workerId, incarnation: 1, queueUrl, taskArn: null, version: '1', capacity: 3 }
      await workers.activate({ ...row, now: Date.now() })
      await sendBody({ v: 1, kind: 'workerReady', workerId: task.workerId, mode: task.mode })
      return row
    },
    receiveOne: async (queueUrl: string): Promise<unknown> => {
      const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 5 }))
      return Messages?.[0] ? JSON.parse(Messages[0].Body!) : null
    },
    stop: async () => {
      await pump.stop()
      await eventually('no allocation runs', () =>
        stepFunctions.executions().every(({ name, status }) => !name.startsWith('alloc-') || status !== 'RUNNING'),
      )
      stepFunctions.stop()
      tables.client.destroy()
      sqs.destroy()
      await cloud.stop()
    },
  }
}

const filled = (definition: object, values: Record<string, string>) =>
  JSON.parse(
    JSON.stringify(definition).replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? name.replace(/^Env/, '')),
  )

const launchOf = (input: Arguments): LaunchedTask => {
  const environment: { Name: string; Value: string }[] = input.Overrides.ContainerOverrides[0].Environment
  const settingOf = (name: string) => environment.find((item) => item.Name === name)!.Value
  return {
    workerId: settingOf('WorkerId'),
    mode: settingOf('WorkerMode') as 'live' | 'test',
    token: settingOf('TaskToken'),
  }
}

/** SQS → handler, ten at a time and each on its own, as the event source mapping does. */
const pumpQueue = (
  sqs: ReturnType<typeof makeSQSClient>,
  queueUrl: string,
  handle: (messageId: string, body: string) => Promise<void>,
) => {
  let stopping = false
  const loop = (async () => {
    while (!stopping) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 5, MaxNumberOfMessages: 10 }),
      )
      if (stopping) return
      await Promise.all(
        Messages.map(async ({ MessageId, Body, ReceiptHandle }) => {
          await handle(MessageId!, Body!)
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }))
        }),
      )
    }
  })()
  return {
    /** A poll that the client only gives up goes on in the emulator after its store is closed: it is woken instead. */
    stop: async () => {
      stopping = true
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: '"stop"' }))
      await loop
    },
  }
}

const workerRow = (id: string): WorkerRow => ({
  v: 1,
  id,
  mode: 'test',
  incarnation: 1,
  status: 'READY',
  heartbeat: { counter: 1, at: 0 },
  used: 0,
  capacity: 3,
  version: '1',
  queueUrl: null,
  taskArn: null,
  rssBytes: null,
  replaying: null,
  createdAt: Date.now(),
})

const sessionRow = (scope: TenantScope, id: string) => ({
  v: 1 as const,
  tenantId: scope.tenantId,
  mode: scope.mode,
  id,
  name: 'Test',
  ...BLANK_SESSION,
  createdAt: Date.now(),
})
