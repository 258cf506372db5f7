import { describe, expect, test } from '@jest/globals'
import { allocateSession } from '../state-machines/allocate-session.ts'
import type { State, StateMachineDefinition } from '../state-machines/asl.ts'
import { rolloutWorkers } from '../state-machines/rollout-workers.ts'
import { MINIMUM_HEARTBEAT_SECONDS, workerLifecycle } from '../state-machines/worker-lifecycle.ts'
import { ofType, synthesize } from './support/synth.ts'

const MACHINES: [string, StateMachineDefinition][] = [
  ['AllocateSession', allocateSession],
  ['WorkerLifecycle', workerLifecycle({ subnetCount: 2, spot: ['test'] })],
  ['RolloutWorkers', rolloutWorkers(['one'])],
]
const nextOf = (state: State): string[] => [
  ...('Next' in state ? [state.Next] : []),
  ...(state.Type === 'Choice' ? [...state.Choices.map(({ Next }) => Next), state.Default] : []),
  ...(state.Type === 'Task' ? (state.Catch ?? []).map(({ Next }) => Next) : []),
]

describe.each(MACHINES)('%s', (_name, machine) => {
  test('every state is reached and every transition leads to one', () => {
    const reached = new Set([machine.StartAt])
    for (const name of reached) for (const next of nextOf(machine.States[name]!)) reached.add(next)
    expect([...reached].sort()).toEqual(Object.keys(machine.States).sort())
  })

  test('every call of a service is tried again when it is throttled', () => {
    for (const state of Object.values(machine.States))
      if (state.Type === 'Task')
        expect(
          state.Retry?.some(({ ErrorEquals, JitterStrategy }) => {
            return ErrorEquals.includes('ThrottlingException') && JitterStrategy === 'FULL'
          }),
        ).toBe(true)
  })

  test('it is written in JSONata and fits into a definition', () => {
    expect(machine.QueryLanguage).toBe('JSONata')
    expect(JSON.stringify(machine)).not.toMatch(/"(Parameters|InputPath|ResultPath|OutputPath)"|\.\$"/)
    expect(JSON.stringify(machine).length).toBeLessThan(1_000_000)
  })
})

test('a healthy task is never taken for dead: heartbeat of at least four minutes, a token for more than a week', () => {
  const run = workerLifecycle({ subnetCount: 2, spot: ['test'] }).States.RunWorker
  if (run?.Type !== 'Task') throw new Error('RunWorker is a Task')
  expect(run.Resource).toBe('arn:aws:states:::ecs:runTask.waitForTaskToken')
  expect(run.HeartbeatSeconds).toBeGreaterThanOrEqual(MINIMUM_HEARTBEAT_SECONDS)
  expect(run.TimeoutSeconds).toBe(8 * 24 * 3600)
  expect(run.Catch?.at(-1)).toMatchObject({ ErrorEquals: ['States.ALL'], Next: 'FindTask' })
  expect(run.Arguments).toMatchObject({
    StartedBy: '{% $workerId %}',
    CapacityProviderStrategy: [{ CapacityProvider: '{% $provider %}' }],
  })
})

test('the deployed definitions have a value for every placeholder', () => {
  const machines = ofType(synthesize('prod'), 'AWS::StepFunctions::StateMachine')
  expect(machines).toHaveLength(3)
  for (const { properties } of machines) {
    const used = [...properties.DefinitionString.matchAll(/\$\{(\w+)\}/g)].map((match: RegExpMatchArray) => match[1])
    expect([...new Set(used)].sort()).toEqual(Object.keys(properties.DefinitionSubstitutions).sort())
    expect(properties.StateMachineType).toBe('STANDARD')
  }
})

test('a stopped task of this cluster rings the reconciler', () => {
  const rules = ofType(synthesize('prod'), 'AWS::Events::Rule').filter(({ stack }) => stack === 'workers')
  expect(rules).toHaveLength(1)
  expect(rules[0]!.properties.EventPattern).toMatchObject({
    source: ['aws.ecs'],
    'detail-type': ['ECS Task State Change'],
    detail: { lastStatus: ['STOPPED'] },
  })
  expect(rules[0]!.properties.EventPattern.detail.clusterArn).toHaveLength(1)
})
