import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { json } from 'node:stream/consumers'
import { ECSClient } from '@aws-sdk/client-ecs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Guard } from '../process/guard.ts'
import { makeTaskRunner, type TaskRunner } from './task-runner.ts'

/**
 * What an emulator without Docker does: it keeps a list of tasks and runs nothing. (Our own ECS cannot play this part: it
 * runs its tasks.)
 */
const WORKER = `process.on('SIGTERM', () => process.exit(3)); console.log(process.env.NAME + ' ' + process.env.WORKER_ID); setInterval(() => {}, 1e6)`
const CLUSTER = 'arn:aws:ecs:us-east-1:000000000000:cluster/c1'
const tasks = new Map<string, 'RUNNING' | 'STOPPED'>()
const describe = (arn: string) => ({
  taskArn: arn,
  clusterArn: CLUSTER,
  desiredStatus: tasks.get(arn),
  lastStatus: tasks.get(arn),
  startedBy: 'wrk_1',
  taskDefinitionArn: 'worker:1',
  overrides: { containerOverrides: [{ name: 'worker', environment: [{ name: 'WORKER_ID', value: 'wrk_1' }] }] },
  containers: [{ name: 'worker' }],
})
const answers: Record<string, (input: any) => object> = {
  ListClusters: () => ({ clusterArns: [CLUSTER] }),
  ListTasks: () => ({ taskArns: [...tasks.keys()].filter((arn) => tasks.get(arn) === 'RUNNING') }),
  DescribeTasks: ({ tasks: arns }) => ({ tasks: arns.map(describe) }),
  DescribeTaskDefinition: () => ({
    taskDefinition: {
      containerDefinitions: [
        {
          name: 'worker',
          command: [process.execPath, '-e', WORKER],
          environment: [{ name: 'NAME', value: 'definition' }],
          stopTimeout: 5,
        },
      ],
    },
  }),
  StopTask: ({ task }) => {
    tasks.set(task, 'STOPPED')
    return {}
  },
}

const server = createServer(async (request: IncomingMessage, response) => {
  const action = String(request.headers['x-amz-target']).split('.').at(-1)!
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
  response.end(JSON.stringify(answers[action]!(await json(request))))
})
let guard: Guard
let ecs: ECSClient
let runner: TaskRunner
let announced: any[]
let lines: string[]
let wake: () => void

beforeEach(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  guard = new Guard()
  ecs = new ECSClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  tasks.clear()
  announced = []
  lines = []
  wake = () => {}
  runner = makeTaskRunner({
    ecs,
    spawn: (command, args, options) => guard.spawn(command, args, options),
    cwd: tmpdir(),
    baseEnvironment: { PATH: process.env.PATH ?? '' },
    announceStopped: async (detail) => {
      announced.push(detail)
      wake()
    },
    log: (line) => {
      lines.push(line)
      wake()
    },
  })
})
afterEach(async () => {
  await runner.stop()
  ecs.destroy()
  guard.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** Waits for the next line or announcement until the condition holds. */
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise<void>((resolve) => (wake = resolve))
}

it('a task becomes a process with the definition and its overrides; StopTask ends it by SIGTERM, and its end is told', async () => {
  await runner.tick()
  tasks.set('task/c1/one', 'RUNNING')
  await runner.tick()
  await until(() => lines.includes('task one | definition wrk_1'))
  await runner.tick()
  expect(lines.filter((line) => line.includes('started'))).toHaveLength(1)
  tasks.set('task/c1/one', 'STOPPED')
  await runner.tick()
  await until(() => announced.length > 0)
  expect(lines.at(-1)).toBe('task one ended (exit code 3)')
  expect(announced).toEqual([
    expect.objectContaining({
      taskArn: 'task/c1/one',
      clusterArn: CLUSTER,
      startedBy: 'wrk_1',
      lastStatus: 'STOPPED',
      containers: [{ name: 'worker', exitCode: 3 }],
    }),
  ])
})

it('a process that is killed is told to the emulator as stopped', async () => {
  await runner.tick()
  tasks.set('task/c1/two', 'RUNNING')
  await runner.tick()
  await until(() => lines.includes('task two | definition wrk_1'))
  process.kill(Number(/pid (\d+)/.exec(lines[0]!)![1]), 'SIGKILL')
  await until(() => announced.length > 0)
  expect(tasks.get('task/c1/two')).toBe('STOPPED')
})

it('tasks from before this runner are stopped, not started a second time', async () => {
  tasks.set('task/c1/old', 'RUNNING')
  await runner.tick()
  expect(tasks.get('task/c1/old')).toBe('STOPPED')
  expect(announced).toEqual([expect.objectContaining({ stoppedReason: 'The runner of this task was gone' })])
  expect(lines).toEqual([])
})
