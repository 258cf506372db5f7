import { createInterface } from 'node:readline'
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListClustersCommand,
  ListTasksCommand,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs'
import { endProcess, type GuardedChild, type SpawnOptions } from '../process/guard.ts'

const DESCRIBED_AT_ONCE = 100
const DEFAULT_STOP_TIMEOUT_SECONDS = 30

export interface TaskRunnerOptions {
  readonly ecs: ECSClient
  /** detail of an "ECS Task State Change" event */
  readonly announceStopped: (detail: Record<string, unknown>) => Promise<unknown>
  readonly spawn: (command: string, args: readonly string[], options: SpawnOptions) => GuardedChild
  readonly cwd: string
  readonly baseEnvironment: Readonly<Record<string, string>>
  readonly log: (line: string) => void
}

export interface TaskRunner {
  /** one look at the emulator: starts what is new, ends what it stopped */
  tick(): Promise<void>
  stop(): Promise<void>
}

interface Running {
  readonly child: GuardedChild
  readonly stopTimeoutSeconds: number
  ending: boolean
}

/**
 * ECS on an emulator without Docker: it only writes down that a task runs. This side starts the task definition's own
 * command as a process, tells the emulator when it ends, and ends it when the emulator stopped the task. Tasks that were
 * there before us belong to a runner that is gone: they are stopped, and the reconciler moves their sessions.
 */
export const makeTaskRunner = (options: TaskRunnerOptions): TaskRunner => {
  const running = new Map<string, Running>()
  let knowsOld = false

  const start = async (task: Task): Promise<void> => {
    const { taskDefinition } = await options.ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: task.taskDefinitionArn }),
    )
    const container = taskDefinition?.containerDefinitions?.[0]
    const override = task.overrides?.containerOverrides?.find((item) => item.name === container?.name)
    const [command, ...args] = override?.command ?? container?.command ?? []
    const id = task.taskArn!.split('/').at(-1)!
    if (!command) return tellStopped(task, 'the container names no command', null)
    const environment = [...(container?.environment ?? []), ...(override?.environment ?? [])]
    const child = options.spawn(command, args, {
      cwd: options.cwd,
      env: { ...options.baseEnvironment, ...Object.fromEntries(environment.map((item) => [item.name!, item.value!])) },
    })
    const stopTimeoutSeconds = container?.stopTimeout ?? DEFAULT_STOP_TIMEOUT_SECONDS
    running.set(task.taskArn!, { child, stopTimeoutSeconds, ending: false })
    options.log(`task ${id} started (${task.startedBy || 'nobody'}, pid ${child.pid})`)
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => options.log(`task ${id} | ${line}`))
    child.once('exit', (code, signal) => {
      running.delete(task.taskArn!)
      options.log(`task ${id} ended (${signal ?? `exit code ${code}`})`)
      tellStopped(task, 'Essential container in task exited', code).catch((error) =>
        options.log(`task ${id}: the emulator was not told: ${error.message}`),
      )
    })
  }

  const tellStopped = async (task: Task, reason: string, exitCode: number | null): Promise<void> => {
    const { taskArn, clusterArn, startedBy } = task
    await options.ecs.send(new StopTaskCommand({ cluster: clusterArn, task: taskArn, reason }))
    const containers = [{ name: task.containers?.[0]?.name, exitCode: exitCode ?? undefined }]
    const stopped = { lastStatus: 'STOPPED', desiredStatus: 'STOPPED', stopCode: 'EssentialContainerExited' }
    await options.announceStopped({ taskArn, clusterArn, startedBy, ...stopped, stoppedReason: reason, containers })
  }

  const end = (item: Running): Promise<void> => {
    item.ending = true
    return endProcess(item.child, item.stopTimeoutSeconds * 1000)
  }

  return {
    tick: async () => {
      const tasks = await listRunning(options.ecs)
      if (!knowsOld)
        for (const task of tasks.splice(0)) await tellStopped(task, 'The runner of this task was gone', null)
      knowsOld = true
      for (const task of tasks) if (!running.has(task.taskArn!)) await start(task)
      const wanted = new Set(tasks.map((task) => task.taskArn))
      for (const [arn, item] of running) if (!wanted.has(arn) && !item.ending) void end(item)
    },
    stop: async () => {
      await Promise.all([...running.values()].map(end))
    },
  }
}

const listRunning = async (ecs: ECSClient): Promise<Task[]> => {
  const { clusterArns = [] } = await ecs.send(new ListClustersCommand({}))
  const found: Task[] = []
  for (const cluster of clusterArns) {
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, desiredStatus: 'RUNNING' }))
    for (let from = 0; from < taskArns.length; from += DESCRIBED_AT_ONCE) {
      const tasks = taskArns.slice(from, from + DESCRIBED_AT_ONCE)
      found.push(...((await ecs.send(new DescribeTasksCommand({ cluster, tasks }))).tasks ?? []))
    }
  }
  return found.filter((task) => task.desiredStatus !== 'STOPPED')
}
