import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AwsError } from '../../cloud/aws-json.ts'
import type { Definition } from './definition.ts'
import { StatesError } from './states-error.ts'
import { type Integrations, makeStepFunctions, type StepFunctions } from './step-functions.ts'

const calls: any[] = []
let failures: StatesError[] = []
const integrations: Integrations = new Map([
  [
    'arn:test:work',
    async (input: any) => {
      calls.push(input)
      const failure = failures.shift()
      if (failure) throw failure
      return { echo: input }
    },
  ],
])
let machines: StepFunctions
beforeEach(() => {
  vi.useFakeTimers()
  calls.length = 0
  failures = []
  machines = makeStepFunctions({ integrations })
})
afterEach(() => {
  machines.stop()
  vi.useRealTimers()
})

const machine = (States: Definition['States'], StartAt = Object.keys(States)[0]!): string =>
  machines.register('m', { QueryLanguage: 'JSONata', StartAt, States })

/** Runs to the end in fake time. */
const run = async (arn: string, input: unknown = {}, seconds = 600) => {
  const { executionArn } = machines.start(arn, input)
  await vi.advanceTimersByTimeAsync(seconds * 1000)
  const described = (await machines.handle('DescribeExecution', { executionArn })) as any
  return {
    status: described.status,
    output: described.output && JSON.parse(described.output),
    error: described.error,
    cause: described.cause,
  }
}

describe('states', () => {
  it('Pass, Choice, Assign and Output evaluate JSONata', async () => {
    const arn = machine({
      Start: { Type: 'Pass', Assign: { n: '{% $states.input.n * 2 %}' }, Next: 'Big' },
      Big: { Type: 'Choice', Choices: [{ Condition: '{% $n > 10 %}', Next: 'Yes' }], Default: 'No' },
      Yes: { Type: 'Succeed', Output: '{% {"n": $n, "name": $states.context.State.Name} %}' },
      No: { Type: 'Fail', Error: 'Small', Cause: "{% 'only ' & $n %}" },
    })
    expect(await run(arn, { n: 6 })).toMatchObject({ status: 'SUCCEEDED', output: { n: 12, name: 'Yes' } })
    expect(await run(arn, { n: 2 })).toMatchObject({ status: 'FAILED', error: 'Small', cause: 'only 4' })
  })

  it('Task passes evaluated arguments and sees its result', async () => {
    const arn = machine({
      Work: {
        Type: 'Task',
        Resource: 'arn:test:work',
        Arguments: { a: '{% $states.input.x %}' },
        Output: '{% $states.result.echo.a %}',
        End: true,
      },
    })
    expect(await run(arn, { x: 'y' })).toMatchObject({ status: 'SUCCEEDED', output: 'y' })
  })

  it('Retry waits with back-off, then Catch takes over, also on a state with End', async () => {
    failures = [1, 2, 3].map((i) => new StatesError('Throttled', `try ${i}`))
    const arn = machine({
      Work: {
        Type: 'Task',
        Resource: 'arn:test:work',
        Retry: [{ ErrorEquals: ['Throttled'], IntervalSeconds: 2, MaxAttempts: 2, BackoffRate: 2 }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught', Assign: { why: '{% $states.errorOutput.Cause %}' } }],
        End: true,
      },
      Caught: { Type: 'Succeed', Output: '{% $why %}' },
    })
    const { executionArn } = machines.start(arn, {})
    await vi.advanceTimersByTimeAsync(1_999)
    expect(calls).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(calls).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(4_000)
    expect(calls).toHaveLength(3)
    expect(await machines.handle('DescribeExecution', { executionArn })).toMatchObject({
      status: 'SUCCEEDED',
      output: '"try 3"',
    })
  })

  it('Map keeps order under its concurrency limit; Parallel collects branches; Wait waits', async () => {
    const arn = machine({
      Each: {
        Type: 'Map',
        Items: '{% $states.input.list %}',
        MaxConcurrency: 2,
        ItemProcessor: {
          StartAt: 'Nap',
          States: {
            Nap: { Type: 'Wait', Seconds: '{% $states.input %}', Next: 'Out' },
            Out: { Type: 'Pass', Output: '{% $states.input * 10 %}', End: true },
          },
        },
        Next: 'Both',
      },
      Both: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'A', States: { A: { Type: 'Pass', Output: '{% $count($states.input) %}', End: true } } },
          { StartAt: 'B', States: { B: { Type: 'Pass', Output: '{% $states.input[0] %}', End: true } } },
        ],
        End: true,
      },
    })
    expect(await run(arn, { list: [3, 1, 2] })).toMatchObject({ status: 'SUCCEEDED', output: [3, 30] })
  })

  it('an expression without a result is an error, not null', async () => {
    const arn = machine({ P: { Type: 'Pass', Output: '{% $states.input.missing %}', End: true } })
    expect(await run(arn)).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' })
  })
})

describe('task tokens', () => {
  const waiting = (extra: object = {}) =>
    machine({
      Run: {
        Type: 'Task',
        Resource: 'arn:test:work.waitForTaskToken',
        Arguments: { token: '{% $states.context.Task.Token %}' },
        HeartbeatSeconds: 300,
        TimeoutSeconds: 1000,
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Lost', Output: '{% $states.errorOutput.Error %}' }],
        End: true,
        ...extra,
      },
      Lost: { Type: 'Pass', End: true },
    })

  it('the answer ends the state; a second answer is refused', async () => {
    const { executionArn } = machines.start(waiting(), {})
    await vi.advanceTimersByTimeAsync(0)
    await machines.handle('SendTaskSuccess', { taskToken: calls[0].token, output: '{"reason":"drained"}' })
    await vi.advanceTimersByTimeAsync(0)
    expect(await machines.handle('DescribeExecution', { executionArn })).toMatchObject({
      status: 'SUCCEEDED',
      output: '{"reason":"drained"}',
    })
    await expect(machines.handle('SendTaskSuccess', { taskToken: calls[0].token, output: '1' })).rejects.toMatchObject({
      code: 'TaskTimedOut',
    })
  })

  it('heartbeats keep it alive, silence ends it', async () => {
    const { executionArn } = machines.start(waiting(), {})
    const status = async () => ((await machines.handle('DescribeExecution', { executionArn })) as any).status
    await vi.advanceTimersByTimeAsync(299_000)
    await machines.handle('SendTaskHeartbeat', { taskToken: calls[0].token })
    await vi.advanceTimersByTimeAsync(299_000)
    expect(await status()).toBe('RUNNING')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await machines.handle('DescribeExecution', { executionArn })).toMatchObject({
      output: '"States.HeartbeatTimeout"',
    })
  })

  it('its time-out counts although heartbeats come', async () => {
    const { executionArn } = machines.start(waiting(), {})
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(99_000)
      await machines.handle('SendTaskHeartbeat', { taskToken: calls[0].token })
    }
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await machines.handle('DescribeExecution', { executionArn })).toMatchObject({ output: '"States.Timeout"' })
  })
})

describe('executions', () => {
  it('a name is burnt: the same input while it runs is the same execution, anything else is refused', async () => {
    const arn = machine({ W: { Type: 'Wait', Seconds: 5, End: true } })
    const first = machines.start(arn, { a: 1 }, 'once')
    expect(machines.start(arn, { a: 1 }, 'once').executionArn).toBe(first.executionArn)
    expect(() => machines.start(arn, { a: 2 }, 'once')).toThrow(AwsError)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(() => machines.start(arn, { a: 1 }, 'once')).toThrow(/Already Exists/)
  })

  it('StopExecution aborts what runs', async () => {
    const { executionArn } = machines.start(machine({ W: { Type: 'Wait', Seconds: 500, End: true } }), {})
    await machines.handle('StopExecution', { executionArn })
    await vi.advanceTimersByTimeAsync(0)
    expect(await machines.handle('DescribeExecution', { executionArn })).toMatchObject({ status: 'ABORTED' })
  })

  it.each<[string, Definition]>([
    ['another query language', { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } }],
    [
      'an integration that is not there',
      { QueryLanguage: 'JSONata', StartAt: 'T', States: { T: { Type: 'Task', Resource: 'arn:none', End: true } } },
    ],
    [
      'a Next that leads nowhere',
      { QueryLanguage: 'JSONata', StartAt: 'P', States: { P: { Type: 'Pass', Next: 'Gone' } } },
    ],
  ])('a machine with %s does not load', (_, definition) => {
    expect(() => machines.register('bad', definition)).toThrow(/state machine bad/)
  })
})
