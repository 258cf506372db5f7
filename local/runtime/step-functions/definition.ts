/** The JSONata subset of the Amazon States Language that the interpreter runs. Checked when a machine is loaded. */
export interface Catcher {
  readonly ErrorEquals: readonly string[]
  readonly Next: string
  readonly Assign?: Record<string, unknown>
  readonly Output?: unknown
}

export interface Retrier {
  readonly ErrorEquals: readonly string[]
  readonly IntervalSeconds?: number
  readonly MaxAttempts?: number
  readonly BackoffRate?: number
  readonly MaxDelaySeconds?: number
  readonly JitterStrategy?: 'FULL' | 'NONE'
}

interface Common {
  readonly Comment?: string
  readonly Next?: string
  readonly End?: boolean
  readonly Assign?: Record<string, unknown>
  readonly Output?: unknown
}
interface Failing {
  readonly Retry?: readonly Retrier[]
  readonly Catch?: readonly Catcher[]
}

export type State =
  | ({ readonly Type: 'Pass' } & Common)
  | ({ readonly Type: 'Succeed' } & Common)
  | { readonly Type: 'Fail'; readonly Error?: string; readonly Cause?: string; readonly Comment?: string }
  | ({ readonly Type: 'Wait'; readonly Seconds?: unknown; readonly Timestamp?: unknown } & Common)
  | ({
      readonly Type: 'Choice'
      readonly Choices: readonly {
        Condition: string
        Next: string
        Assign?: Record<string, unknown>
        Output?: unknown
      }[]
      readonly Default?: string
    } & Common)
  | ({
      readonly Type: 'Task'
      readonly Resource: string
      readonly Arguments?: unknown
      readonly TimeoutSeconds?: unknown
      readonly HeartbeatSeconds?: unknown
    } & Common &
      Failing)
  | ({
      readonly Type: 'Map'
      readonly Items?: unknown
      readonly ItemSelector?: unknown
      readonly MaxConcurrency?: number
      readonly ItemProcessor: Definition
    } & Common &
      Failing)
  | ({ readonly Type: 'Parallel'; readonly Arguments?: unknown; readonly Branches: readonly Definition[] } & Common &
      Failing)

export interface Definition {
  readonly QueryLanguage?: string
  readonly StartAt: string
  readonly TimeoutSeconds?: number
  readonly States: Readonly<Record<string, State>>
}

const TYPES = ['Pass', 'Succeed', 'Fail', 'Wait', 'Choice', 'Task', 'Map', 'Parallel']

/** @throws when something cannot be run here: at load, not in the middle of an execution */
export const checkDefinition = (
  name: string,
  definition: Definition,
  hasIntegration: (resource: string) => boolean,
  nested = false,
): void => {
  if (!nested && definition.QueryLanguage !== 'JSONata')
    throw new Error(`state machine ${name}: only "QueryLanguage": "JSONata" runs locally`)
  if (!definition.States[definition.StartAt]) throw new Error(`state machine ${name}: StartAt names no state`)
  for (const [stateName, state] of Object.entries(definition.States)) {
    if (!TYPES.includes(state.Type))
      throw new Error(`state machine ${name}: ${stateName} has the unknown type ${state.Type}`)
    if (state.Type === 'Task' && !hasIntegration(state.Resource))
      throw new Error(`state machine ${name}: ${stateName} uses ${state.Resource}, which is not wired locally`)
    if (state.Type === 'Map') checkDefinition(name, state.ItemProcessor, hasIntegration, true)
    if (state.Type === 'Parallel')
      for (const branch of state.Branches) checkDefinition(name, branch, hasIntegration, true)
    const targets = [
      'Next' in state ? state.Next : undefined,
      ...('Catch' in state ? (state.Catch ?? []).map((catcher) => catcher.Next) : []),
      ...(state.Type === 'Choice' ? [...state.Choices.map((choice) => choice.Next), state.Default] : []),
    ]
    for (const target of targets)
      if (target && !definition.States[target])
        throw new Error(`state machine ${name}: ${stateName} leads to ${target}, which is not there`)
  }
}
