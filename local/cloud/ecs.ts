import { randomUUID } from 'node:crypto'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { endProcess, type GuardedChild, type SpawnOptions } from '../process/guard.ts'
import type { ProcessTable } from '../process/process-table.ts'
import { AwsError, type AwsJsonService, unknownAction } from './aws-json.ts'
import type { JsonFile } from './json-file.ts'

export interface TaskDefinition {
  readonly family: string
  readonly containers: readonly {
    readonly name: string
    readonly command: readonly string[]
    readonly environment: Readonly<Record<string, string>>
    readonly stopTimeoutSeconds: number
  }[]
}

export interface Task {
  readonly taskArn: string
  readonly clusterArn: string
  readonly family: string
  readonly startedBy: string | null
  readonly startedAt: number
  pid: number | null
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED'
  desiredStatus: 'RUNNING' | 'STOPPED'
  stopCode: string | null
  stoppedReason: string | null
  exitCode: number | null
}

interface State {
  tasks: Task[]
}

const STOPPED_KEPT = 50

export interface EcsOptions {
  readonly file: JsonFile<State>
  readonly processes: ProcessTable
  readonly spawn: (command: string, args: readonly string[], options: SpawnOptions) => GuardedChild
  readonly baseEnvironment: () => Record<string, string>
  readonly cwd: string
  readonly onLine: (task: Task, line: string) => void
  /** detail of an "ECS Task State Change" event */
  readonly onStopped: (detail: Record<string, unknown>) => void
}

export interface Ecs extends AwsJsonService {
  registerTaskDefinition(definition: TaskDefinition): void
  /** a new revision of every family: tasks that run keep the old one */
  setVariables(variables: Readonly<Record<string, string>>): void
  /** tasks that the state says were running when we were killed: tell the world that they stopped */
  recoverLostTasks(): void
  /** ends all tasks as StopTask does; resolves when they are gone */
  stopAll(): Promise<void>
}

/** RunTask as a child process of the task definition's own command; the image is not used. One container per task. */
export const makeEcs = (options: EcsOptions): Ecs => {
  const definitions = new Map<string, TaskDefinition>()
  const children = new Map<string, { child: GuardedChild; stopTimeoutSeconds: number }>()
  const { file } = options

  const setStopped = (task: Task, stop: { code: string; reason: string; exitCode: number | null }): void => {
    Object.assign(task, { lastStatus: 'STOPPED', desiredStatus: 'STOPPED', pid: null, exitCode: stop.exitCode })
    task.stopCode ??= stop.code
    task.stoppedReason ??= stop.reason
    const stopped = file.value.tasks.filter((item) => item.lastStatus === 'STOPPED')
    for (const old of stopped.slice(0, -STOPPED_KEPT)) file.value.tasks.splice(file.value.tasks.indexOf(old), 1)
    file.save()
    options.onStopped(describe(task))
  }

  const run = (input: any): Task => {
    const family = String(input.taskDefinition)
      .replace(/^.*task-definition\//, '')
      .replace(/:\d+$/, '')
    const definition = definitions.get(family)
    const container = definition?.containers[0]
    if (!container) throw new AwsError('ClientException', `TaskDefinition not found: ${input.taskDefinition}`)
    const clusterName = String(input.cluster ?? 'default').replace(/^.*cluster\//, '')
    const task: Task = {
      taskArn: `arn:aws:ecs:us-east-1:000000000000:task/${clusterName}/${randomUUID().replaceAll('-', '')}`,
      clusterArn: `arn:aws:ecs:us-east-1:000000000000:cluster/${clusterName}`,
      family,
      startedBy: input.startedBy ?? null,
      startedAt: Date.now(),
      pid: null,
      lastStatus: 'PENDING',
      desiredStatus: 'RUNNING',
      stopCode: null,
      stoppedReason: null,
      exitCode: null,
    }
    const overrides: any[] = input.overrides?.containerOverrides ?? []
    const override = overrides.find((item) => item.name === container.name)
    const overridden = Object.fromEntries((override?.environment ?? []).map((item: any) => [item.name, item.value]))
    const [command = '', ...args] = override?.command ?? container.command
    const child = options.spawn(command, args, {
      cwd: options.cwd,
      env: { ...options.baseEnvironment(), ...container.environment, ...overridden },
    })
    task.pid = child.pid ?? null
    task.lastStatus = 'RUNNING'
    file.value.tasks.push(task)
    file.save()
    children.set(task.taskArn, { child, stopTimeoutSeconds: container.stopTimeoutSeconds })
    options.processes.add(child, {
      name: family,
      kind: 'worker',
      ...(overridden.WORKER_ID ? { workerId: overridden.WORKER_ID } : {}),
    })
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => options.onLine(task, line))
    child.once('exit', (exitCode, signal) => {
      children.delete(task.taskArn)
      setStopped(task, {
        code: 'EssentialContainerExited',
        reason: signal ? `Killed by ${signal}` : 'Essential container in task exited',
        // A container that a signal ended has 128 + its number, as Docker reports it.
        exitCode: exitCode ?? 128 + constants.signals[signal!],
      })
    })
    return task
  }

  const stop = async (task: Task, reason: string): Promise<void> => {
    const running = children.get(task.taskArn)
    if (!running) return
    task.desiredStatus = 'STOPPED'
    task.stopCode = 'UserInitiated'
    task.stoppedReason = reason
    await endProcess(running.child, running.stopTimeoutSeconds * 1000)
  }

  const find = (arn: string): Task | undefined =>
    file.value.tasks.find((task) => task.taskArn === arn || task.taskArn.endsWith(`/${arn}`))

  return {
    targetPrefix: 'AmazonEC2ContainerServiceV20141113',
    registerTaskDefinition: (definition) => void definitions.set(definition.family, definition),
    setVariables: (variables) => {
      for (const definition of [...definitions.values()])
        definitions.set(definition.family, {
          ...definition,
          containers: definition.containers.map((container) => ({
            ...container,
            environment: { ...container.environment, ...variables },
          })),
        })
    },
    recoverLostTasks: () => {
      for (const task of file.value.tasks.filter((item) => item.lastStatus !== 'STOPPED'))
        setStopped(task, { code: 'TerminationNotice', reason: 'The machine of this task was gone', exitCode: null })
    },
    stopAll: async () => {
      await Promise.all(file.value.tasks.map((task) => stop(task, 'The embedded cloud is shutting down')))
    },
    handle: async (action, input) => {
      switch (action) {
        case 'RunTask':
          return { tasks: Array.from({ length: input.count ?? 1 }, () => describe(run(input))), failures: [] }
        case 'StopTask': {
          const task = find(input.task)
          if (!task) throw new AwsError('InvalidParameterException', 'The referenced task was not found.')
          void stop(task, input.reason ?? 'Task stopped by user')
          return { task: describe(task) }
        }
        case 'DescribeTasks': {
          const arns = input.tasks as string[]
          const tasks = arns.map((arn) => find(arn)).filter((task) => task !== undefined)
          const missing = arns.filter((arn) => !find(arn))
          return { tasks: tasks.map(describe), failures: missing.map((arn) => ({ arn, reason: 'MISSING' })) }
        }
        case 'ListTasks': {
          const wanted = file.value.tasks.filter(
            (task) =>
              (!input.startedBy || task.startedBy === input.startedBy) &&
              (!input.family || task.family === input.family) &&
              task.desiredStatus === (input.desiredStatus ?? 'RUNNING'),
          )
          return { taskArns: wanted.map((task) => task.taskArn) }
        }
        default:
          return unknownAction('ECS', action)
      }
    },
  }
}

const describe = (task: Task): Record<string, unknown> => ({
  taskArn: task.taskArn,
  clusterArn: task.clusterArn,
  group: `family:${task.family}`,
  lastStatus: task.lastStatus,
  desiredStatus: task.desiredStatus,
  startedBy: task.startedBy ?? undefined,
  startedAt: task.startedAt / 1000,
  launchType: 'FARGATE',
  stopCode: task.stopCode ?? undefined,
  stoppedReason: task.stoppedReason ?? undefined,
  containers: [{ name: 'worker', lastStatus: task.lastStatus, exitCode: task.exitCode ?? undefined }],
})
