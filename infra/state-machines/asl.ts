/** Filled by CloudFormation (DefinitionSubstitutions): keeps the definitions free of CDK tokens. */
export const placeholder = (name: string): string => `\${${name}}`

/** The part of the Amazon States Language that we author, in JSONata. */
export type Expression = `{% ${string} %}`

export interface Retry {
  readonly ErrorEquals: readonly string[]
  readonly IntervalSeconds?: number
  readonly MaxAttempts?: number
  readonly BackoffRate?: number
  readonly MaxDelaySeconds?: number
  readonly JitterStrategy?: 'FULL' | 'NONE'
}

export interface Catch {
  readonly ErrorEquals: readonly string[]
  readonly Next: string
  readonly Assign?: Record<string, unknown>
  readonly Output?: unknown
}

type Follow = { readonly Next: string } | { readonly End: true }
interface Common {
  readonly Comment?: string
  readonly Assign?: Record<string, unknown>
  readonly Output?: unknown
}

export type State =
  | (Common &
      Follow & {
        readonly Type: 'Task'
        readonly Resource: string
        readonly Arguments: Record<string, unknown>
        readonly TimeoutSeconds?: number
        readonly HeartbeatSeconds?: number
        readonly Retry?: readonly Retry[]
        readonly Catch?: readonly Catch[]
      })
  | (Common & {
      readonly Type: 'Choice'
      readonly Choices: readonly { readonly Condition: Expression; readonly Next: string; readonly Assign?: object }[]
      readonly Default: string
    })
  | (Common & Follow & { readonly Type: 'Pass' })
  | (Common & Follow & { readonly Type: 'Wait'; readonly Seconds: number | Expression })
  | (Common & { readonly Type: 'Succeed' })
  | (Common & { readonly Type: 'Fail'; readonly Error: string; readonly Cause: string })

export interface StateMachineDefinition {
  readonly Comment: string
  readonly QueryLanguage: 'JSONata'
  readonly StartAt: string
  readonly TimeoutSeconds: number
  readonly States: Readonly<Record<string, State>>
}

/** Throttles and outages of the called service, with jitter: many executions start at the same moment after a crash. */
export const CALM_RETRY: Retry = {
  ErrorEquals: [
    'Lambda.TooManyRequestsException',
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.Unknown',
    'ThrottlingException',
    'SQS.SdkClientException',
    'SQS.AmazonSQSException',
    'StepFunctions.ThrottlingException',
    'States.Timeout',
  ],
  IntervalSeconds: 1,
  BackoffRate: 2,
  MaxAttempts: 6,
  MaxDelaySeconds: 20,
  JitterStrategy: 'FULL',
}
