import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { workerLifecycle } from '../../infra/state-machines/worker-lifecycle.ts'
import { StatesError } from '../../local/runtime/step-functions/states-error.ts'
import { makeStepFunctions, type StepFunctions } from '../../local/runtime/step-functions/step-functions.ts'

/** The real definition in fake time; ECS says what the test tells it to. */
const launches: string[] = []
const asked: string[] = []
const stopped: string[] = []
let startsFail = false
let ecsAnswers: (provider: string) => void
let machines: StepFunctions
let arn: string
beforeEach(() => {
  vi.useFakeTimers()
  for (const list of [launches, asked, stopped]) list.length = 0
  ecsAnswers = () => {}
  startsFail = false
  machines = makeStepFunctions({
    // biome-ignore lint/suspicious/noExplicitAny: Arguments of a state have whatever shape the definition gives them
    integrations: new Map<string, (input: any) => Promise<unknown>>([
      [
        'arn:aws:states:::lambda:invoke',
        async ({ Payload }: { Payload: { action: string } }) => {
          asked.push(Payload.action)
          return { Payload: { workerId: 'wrk_1', startsFail } }
        },
      ],
      [
        'arn:aws:states:::ecs:runTask',
        async (input: { CapacityProviderStrategy: { CapacityProvider: string }[]; StartedBy: string }) => {
          const provider = input.CapacityProviderStrategy[0]!.CapacityProvider
          launches.push(`${input.StartedBy} ${provider}`)
          ecsAnswers(provider)
        },
      ],
      ['arn:aws:states:::aws-sdk:ecs:listTasks', async () => ({ TaskArns: ['task/1'] })],
      ['arn:aws:states:::aws-sdk:ecs:stopTask', async ({ Task }: { Task: string }) => void stopped.push(Task)],
    ]),
  })
  const definition = JSON.stringify(workerLifecycle({ subnetCount: 1, spot: ['test'] }))
  arn = machines.register('worker-lifecycle', JSON.parse(definition.replace(/\$\{(\w+)\}/g, '$1')))
})
afterEach(() => {
  machines.stop()
  vi.useRealTimers()
})

const start = async (mode: 'live' | 'test', seconds: number) => {
  const { executionArn } = machines.start(arn, { v: 1, mode })
  await vi.advanceTimersByTimeAsync(seconds * 1000)
  const { status } = (await machines.handle('DescribeExecution', { executionArn })) as { status: string }
  return status
}
const noCapacity = () => {
  throw new StatesError('ECS.AmazonECSException', 'Capacity is unavailable at this time')
}

test('RunTask throttled: tried again with pauses until it starts, one worker in the end', async () => {
  let throttles = 4
  ecsAnswers = () => {
    if (throttles-- > 0) throw new StatesError('ECS.ThrottlingException', 'Rate exceeded')
  }
  expect(await start('live', 120)).toBe('RUNNING')
  expect(launches).toEqual(Array.from({ length: 5 }, () => 'wrk_1 FARGATE'))
  expect(asked).toEqual(['registerWorker'])
})

test.each(['ECS.AmazonECSException', 'ECS.ClientException'])(
  'no Spot capacity (%s): the same worker starts on demand; live never asks for Spot',
  async (name) => {
    ecsAnswers = (provider) => {
      if (provider === 'FARGATE_SPOT') throw new StatesError(name, 'Capacity is unavailable at this time')
    }
    expect(await start('test', 200)).toBe('RUNNING')
    expect(launches.at(0)).toBe('wrk_1 FARGATE_SPOT')
    expect(launches.at(-1)).toBe('wrk_1 FARGATE')
    expect(launches.filter((launch) => launch.endsWith('FARGATE'))).toHaveLength(1)
    launches.length = 0
    await start('live', 1)
    expect(launches).toEqual(['wrk_1 FARGATE'])
  },
)

test('no capacity at all: the worker is given up, so that the next want launches anew after its pause', async () => {
  ecsAnswers = noCapacity
  expect(await start('test', 600)).toBe('SUCCEEDED')
  expect(asked).toEqual(['registerWorker', 'workerLost'])
  expect(launches.at(-1)).toBe('wrk_1 FARGATE')
})

test('a task that never beats is stopped after the heartbeat time-out and given up', async () => {
  expect(await start('live', 299)).toBe('RUNNING')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(stopped).toEqual(['task/1'])
  expect(asked).toEqual(['registerWorker', 'workerLost'])
})

test('after a launch that died before its first beat, as Spot tasks without capacity do, the next one is on demand', async () => {
  startsFail = true
  await start('test', 1)
  expect(launches).toEqual(['wrk_1 FARGATE'])
})
