import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeTasksCommand, ECSClient, ListTasksCommand, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Guard } from '../process/guard.ts'
import { ProcessTable } from '../process/process-table.ts'
import { type AwsJsonEndpoint, startAwsJson } from './aws-json.ts'
import { type Ecs, makeEcs } from './ecs.ts'
import { openJsonFile } from './json-file.ts'

/** Says what it was given; leaves with its own code on SIGTERM unless it is told to be deaf. */
const WORKER = `
process.on('SIGTERM', () => { if (process.env.DEAF !== '1') process.exit(Number(process.env.EXIT_CODE)) })
console.log(JSON.stringify({ greeting: process.env.GREETING, argument: process.argv[1], cwd: process.cwd() }))
setInterval(() => {}, 1e6)`
const COMMAND = [process.execPath, '-e', WORKER, 'default']

let dataDir: string
let guard: Guard
let ecs: Ecs
let processes: ProcessTable
let endpoint: AwsJsonEndpoint
let client: ECSClient
let stopped: ReturnType<typeof makeInbox<any>>
let output: ReturnType<typeof makeInbox<string>>

/** What arrives, one after the other; a test waits for the next one. */
const makeInbox = <T>() => {
  const items: T[] = []
  const waiting: ((item: T) => void)[] = []
  return {
    push: (item: T) => {
      const wake = waiting.shift()
      if (wake) wake(item)
      else items.push(item)
    },
    next: (): Promise<T> =>
      items.length > 0 ? Promise.resolve(items.shift()!) : new Promise((resolve) => waiting.push(resolve)),
    size: () => items.length,
  }
}

const start = async () => {
  stopped = makeInbox()
  output = makeInbox()
  processes = new ProcessTable()
  ecs = makeEcs({
    file: openJsonFile(join(dataDir, 'tasks.json'), { tasks: [] }),
    processes,
    spawn: (command, args, options) => guard.spawn(command, args, options),
    baseEnvironment: () => ({ PATH: process.env.PATH ?? '', EXIT_CODE: '0' }),
    cwd: tmpdir(),
    onLine: (_, line) => output.push(line),
    onStopped: (detail) => stopped.push(detail),
  })
  const environment = { GREETING: 'definition' }
  ecs.registerTaskDefinition({
    family: 'worker',
    containers: [{ name: 'worker', command: COMMAND, environment, stopTimeoutSeconds: 1 }],
  })
  ecs.registerTaskDefinition({
    family: 'broken',
    containers: [{ name: 'worker', command: ['/nonexistent/program'], environment, stopTimeoutSeconds: 1 }],
  })
  endpoint = await startAwsJson({ services: [ecs] })
  client = new ECSClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
}

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'fleetline-ecs-'))
  guard = new Guard()
  await start()
})
afterEach(async () => {
  await ecs.stopAll()
  client.destroy()
  await endpoint.stop()
  guard.stop()
  rmSync(dataDir, { recursive: true })
})

const runTask = async (environment: Record<string, string> = {}, rest: object = {}) => {
  const variables = Object.entries(environment).map(([name, value]) => ({ name, value }))
  const { tasks } = await client.send(
    new RunTaskCommand({
      cluster: 'workers',
      taskDefinition: 'worker',
      overrides: { containerOverrides: [{ name: 'worker', environment: variables }] },
      ...rest,
    }),
  )
  return tasks![0]!.taskArn!
}

const describeTask = async (arn: string) => {
  const { tasks } = await client.send(new DescribeTasksCommand({ cluster: 'workers', tasks: [arn] }))
  return tasks?.[0]
}

it('a task runs its command with overrides, and StopTask ends it by SIGTERM with its own exit code', async () => {
  const arn = await runTask({ GREETING: 'override', EXIT_CODE: '3', WORKER_ID: 'wrk_1' }, { startedBy: 'planner' })
  expect(JSON.parse(await output.next())).toEqual({ greeting: 'override', argument: 'default', cwd: tmpdir() })
  expect(await describeTask(arn)).toMatchObject({
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
    startedBy: 'planner',
  })
  expect(processes.list()).toEqual([{ name: 'worker', kind: 'worker', pid: expect.any(Number), workerId: 'wrk_1' }])
  await client.send(new StopTaskCommand({ cluster: 'workers', task: arn, reason: 'drain' }))
  expect(await stopped.next()).toMatchObject({
    taskArn: arn,
    clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/workers',
    lastStatus: 'STOPPED',
    stopCode: 'UserInitiated',
    stoppedReason: 'drain',
    startedBy: 'planner',
    containers: [{ name: 'worker', exitCode: 3, lastStatus: 'STOPPED' }],
  })
  expect(await describeTask(arn)).toMatchObject({ lastStatus: 'STOPPED', containers: [{ exitCode: 3 }] })
  expect(processes.list()).toEqual([])
})

it('a task that ignores SIGTERM is killed after its stop timeout', async () => {
  const arn = await runTask({ DEAF: '1' })
  await output.next()
  const askedAt = performance.now()
  await client.send(new StopTaskCommand({ cluster: 'workers', task: arn }))
  expect((await describeTask(arn))?.desiredStatus).toBe('STOPPED')
  expect(await stopped.next()).toMatchObject({ containers: [{ exitCode: 137 }] })
  expect(performance.now() - askedAt).toBeGreaterThan(950)
})

it('a task that is killed, or whose command does not exist, is EssentialContainerExited', async () => {
  await runTask()
  await output.next()
  process.kill(processes.list()[0]!.pid, 'SIGKILL')
  expect(await stopped.next()).toMatchObject({ stopCode: 'EssentialContainerExited', containers: [{ exitCode: 137 }] })
  await client.send(new RunTaskCommand({ cluster: 'workers', taskDefinition: 'broken:1' }))
  expect(await stopped.next()).toMatchObject({ stopCode: 'EssentialContainerExited', containers: [{ exitCode: 127 }] })
})

it('ListTasks filters by family, startedBy and desired status', async () => {
  const one = await runTask({}, { startedBy: 'a' })
  const two = await runTask({}, { startedBy: 'b' })
  const list = async (filter: object) =>
    (await client.send(new ListTasksCommand({ cluster: 'workers', ...filter }))).taskArns
  expect(await list({})).toEqual([one, two])
  expect(await list({ startedBy: 'b', family: 'worker' })).toEqual([two])
  expect(await list({ family: 'other' })).toEqual([])
  await Promise.all([output.next(), output.next()])
  await client.send(new StopTaskCommand({ cluster: 'workers', task: one }))
  expect(await list({ desiredStatus: 'STOPPED' })).toEqual([one])
  expect(await list({})).toEqual([two])
})

it('wrong input has the errors of ECS', async () => {
  await expect(runTask({}, { taskDefinition: 'unknown' })).rejects.toMatchObject({
    name: 'ClientException',
    message: expect.stringContaining('TaskDefinition not found'),
  })
  await expect(client.send(new StopTaskCommand({ task: 'none' }))).rejects.toMatchObject({
    name: 'InvalidParameterException',
  })
  const { failures } = await client.send(new DescribeTasksCommand({ tasks: ['none'] }))
  expect(failures).toEqual([{ arn: 'none', reason: 'MISSING' }])
})

it('tasks that a killed platform left behind are told as STOPPED at the next start, once', async () => {
  const arn = await runTask()
  await output.next()
  const { pid } = processes.list()[0]!
  // As after SIGKILL of everything: the file still says RUNNING, and nobody saw the end.
  client.destroy()
  await endpoint.stop()
  await start()
  ecs.recoverLostTasks()
  expect(await stopped.next()).toMatchObject({ taskArn: arn, lastStatus: 'STOPPED', stopCode: 'TerminationNotice' })
  ecs.recoverLostTasks()
  expect(stopped.size()).toBe(0)
  process.kill(pid, 'SIGKILL')
  await stopped.next() // the first platform's, which this test left alive
})
