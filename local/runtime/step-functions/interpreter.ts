import type { Catcher, Definition, Retrier, State } from './definition.ts'
import { evaluate } from './evaluate.ts'
import { errorMatches, StatesError, toStatesError } from './states-error.ts'

export interface ExecutionContext {
  readonly Execution: {
    readonly Id: string
    readonly Name: string
    readonly Input: unknown
    readonly StartTime: string
  }
  readonly StateMachine: { readonly Id: string; readonly Name: string }
}

/** One entry into a Task state: its integration, its arguments, its limits. */
export interface TaskCall {
  readonly resource: string
  /** evaluated after the token is known, so that it can be passed on */
  readonly argumentsFor: (token: string) => Promise<unknown>
  readonly timeoutSeconds: number | null
  readonly heartbeatSeconds: number | null
}

export interface InterpreterHooks {
  runTask(call: TaskCall, signal: AbortSignal): Promise<unknown>
  random(): number
}

interface Frame {
  readonly hooks: InterpreterHooks
  readonly context: ExecutionContext
  readonly signal: AbortSignal
  /** Assign writes here; a nested Map or Parallel gets a copy */
  readonly variables: Record<string, unknown>
  readonly mapItem?: { readonly Index: number; readonly Value: unknown }
}

const DEFAULT_MAX_ATTEMPTS = 3
const DEFAULT_BACKOFF = 2

/** Runs a machine (or a branch of one) to its end. @throws StatesError when it fails or is stopped */
export const runDefinition = async (definition: Definition, input: unknown, frame: Frame): Promise<unknown> => {
  let name: string | undefined = definition.StartAt
  let value = input
  while (name !== undefined) {
    if (frame.signal.aborted) throw new StatesError('States.Aborted', 'the execution was stopped')
    const state: State | undefined = definition.States[name]
    if (!state) throw new StatesError('States.Runtime', `no state ${name}`)
    const step: { output: unknown; next: string | undefined } = await runState(name, state, value, frame)
    value = step.output
    name = step.next
  }
  return value
}

const runState = async (
  name: string,
  state: State,
  input: unknown,
  frame: Frame,
): Promise<{ output: unknown; next: string | undefined }> => {
  const entered = new Date().toISOString()
  const bindings = (extra: Record<string, unknown> = {}, retryCount = 0, token?: string) => ({
    ...frame.variables,
    states: {
      input,
      ...extra,
      context: {
        ...frame.context,
        State: { Name: name, EnteredTime: entered, RetryCount: retryCount },
        ...(token ? { Task: { Token: token } } : {}),
        ...(frame.mapItem ? { Map: { Item: frame.mapItem } } : {}),
      },
    },
  })
  /** Output and Assign see the same variables; assignments take effect afterwards. */
  const leave = async (
    source: { Output?: unknown; Assign?: Record<string, unknown> },
    result: unknown,
    extra: Record<string, unknown>,
    next: string | undefined,
  ) => {
    const scope = bindings(extra)
    const output = source.Output === undefined ? result : await evaluate(source.Output, scope)
    Object.assign(frame.variables, await evaluate(source.Assign ?? {}, scope))
    return { output, next }
  }
  switch (state.Type) {
    case 'Pass':
      return leave(state, input, {}, state.Next)
    case 'Succeed':
      return leave(state, input, {}, undefined)
    case 'Fail':
      throw new StatesError(
        String(await evaluate(state.Error ?? 'States.Failed', bindings())),
        String(await evaluate(state.Cause ?? '', bindings())),
      )
    case 'Wait': {
      const seconds = await evaluate(state.Seconds ?? 0, bindings())
      const until = state.Timestamp
        ? Date.parse(await evaluate(state.Timestamp, bindings()))
        : Date.now() + seconds * 1000
      await sleep(until - Date.now(), frame.signal)
      return leave(state, input, {}, state.Next)
    }
    case 'Choice': {
      for (const choice of state.Choices)
        if ((await evaluate(choice.Condition, bindings())) === true) return leave(choice, input, {}, choice.Next)
      if (!state.Default) throw new StatesError('States.NoChoiceMatched', `no choice of ${name} matched`)
      return leave(state, input, {}, state.Default)
    }
    case 'Task':
    case 'Map':
    case 'Parallel': {
      const attempts = new Map<Retrier, number>()
      let total = 0
      for (;;) {
        try {
          const result = await runOnce(state, frame, (token) => bindings({}, total, token))
          return await leave(state, result, { result }, state.Next)
        } catch (thrown) {
          const error = toStatesError(thrown)
          if (frame.signal.aborted) throw error
          const retrier = state.Retry?.find((item) => errorMatches(item.ErrorEquals, error.errorName))
          const used = retrier ? (attempts.get(retrier) ?? 0) : 0
          if (retrier && used < (retrier.MaxAttempts ?? DEFAULT_MAX_ATTEMPTS)) {
            attempts.set(retrier, used + 1)
            total++
            await sleep(retryDelayMs(retrier, used, frame.hooks.random()), frame.signal)
            continue
          }
          const catcher = state.Catch?.find((item: Catcher) => errorMatches(item.ErrorEquals, error.errorName))
          if (!catcher) throw error
          const errorOutput = { Error: error.errorName, Cause: error.message }
          return leave(catcher, errorOutput, { errorOutput }, catcher.Next)
        }
      }
    }
  }
}

const runOnce = async (
  state: Extract<State, { Type: 'Task' | 'Map' | 'Parallel' }>,
  frame: Frame,
  bindings: (token?: string) => Record<string, unknown>,
): Promise<unknown> => {
  if (state.Type === 'Task') {
    const seconds = async (value: unknown) => (value === undefined ? null : Number(await evaluate(value, bindings())))
    return frame.hooks.runTask(
      {
        resource: state.Resource,
        argumentsFor: (token) => evaluate(state.Arguments ?? {}, bindings(token)),
        timeoutSeconds: await seconds(state.TimeoutSeconds),
        heartbeatSeconds: await seconds(state.HeartbeatSeconds),
      },
      frame.signal,
    )
  }
  const nested = (mapItem?: Frame['mapItem']): Frame => ({ ...frame, variables: { ...frame.variables }, mapItem })
  const states = bindings().states as { input: unknown }
  if (state.Type === 'Parallel') {
    const input = state.Arguments === undefined ? states.input : await evaluate(state.Arguments, bindings())
    return Promise.all(state.Branches.map((branch) => runDefinition(branch, input, nested())))
  }
  const items: unknown[] =
    state.Items === undefined ? (states.input as unknown[]) : await evaluate(state.Items, bindings())
  const results: unknown[] = new Array(items.length)
  let index = 0
  const lane = async () => {
    while (index < items.length) {
      const own = index++
      const frameOfItem = nested({ Index: own, Value: items[own] })
      const input =
        state.ItemSelector === undefined
          ? items[own]
          : await evaluate(state.ItemSelector, {
              ...frame.variables,
              states: { ...states, context: { ...(states as any).context, Map: { Item: frameOfItem.mapItem } } },
            })
      results[own] = await runDefinition(state.ItemProcessor, input, frameOfItem)
    }
  }
  await Promise.all(Array.from({ length: Math.min(state.MaxConcurrency || items.length, items.length) }, lane))
  return results
}

/** @param used how often this retrier was used already */
const retryDelayMs = (retrier: Retrier, used: number, random: number): number => {
  const seconds = Math.min(
    (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? DEFAULT_BACKOFF) ** used,
    retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY,
  )
  return Math.floor(seconds * 1000 * (retrier.JitterStrategy === 'FULL' ? random : 1))
}

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(new StatesError('States.Aborted', 'the execution was stopped'))
    }
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', abort)
        resolve()
      },
      Math.max(0, ms),
    )
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
