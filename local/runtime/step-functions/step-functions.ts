import { randomUUID } from 'node:crypto'
import { AwsError, type AwsJsonService, unknownAction } from '../../cloud/aws-json.ts'
import { type CloudLog, silent } from '../../cloud/log.ts'
import { checkDefinition, type Definition } from './definition.ts'
import { type ExecutionRecord, ExecutionStore } from './execution-store.ts'
import { runDefinition, type TaskCall } from './interpreter.ts'
import { StatesError, toStatesError } from './states-error.ts'
import { TaskTokens } from './task-tokens.ts'

/** A service integration: resource ARN without `.waitForTaskToken` → what it does with the evaluated Arguments. */
export type Integrations = ReadonlyMap<string, (input: any) => Promise<unknown>>

export interface StepFunctions extends AwsJsonService {
  /** @returns the machine's ARN */
  register(name: string, definition: Definition): string
  start(machineArn: string, input: unknown, name?: string): { executionArn: string }
  executions(): ExecutionRecord[]
  stop(): void
}

const ACCOUNT = 'us-east-1:000000000000'
const TOKEN_SUFFIX = '.waitForTaskToken'
const NAME_LIMIT = 80

/** Step Functions (Standard) for JSONata machines. Names are burnt like on AWS: never usable again for another input. */
export const makeStepFunctions = (options: {
  dataDir?: string
  integrations: Integrations
  log?: CloudLog
}): StepFunctions => {
  const log = options.log ?? silent
  const store = new ExecutionStore(options.dataDir)
  const machines = new Map<string, { name: string; definition: Definition }>()
  const running = new Map<string, AbortController>()
  const tokens = new TaskTokens()
  const plain = (resource: string) => resource.replace(TOKEN_SUFFIX, '')

  const runTask = async (call: TaskCall, signal: AbortSignal): Promise<unknown> => {
    const integration = options.integrations.get(plain(call.resource))
    if (!integration) throw new StatesError('States.Runtime', `${call.resource} is not wired locally`)
    if (!call.resource.endsWith(TOKEN_SUFFIX))
      return withTimeout(call.argumentsFor('').then(integration), call.timeoutSeconds)
    const { token, answer, close } = tokens.open(call, signal)
    try {
      await integration(await call.argumentsFor(token))
    } catch (error) {
      close()
      throw error
    }
    return answer
  }

  const execute = async (machineArn: string, name: string, executionArn: string, input: unknown): Promise<void> => {
    const machine = machines.get(machineArn)!
    const abort = new AbortController()
    running.set(executionArn, abort)
    const finish = (end: Parameters<ExecutionStore['finish']>[2]) => {
      running.delete(executionArn)
      store.finish(machineArn, name, end)
    }
    try {
      const output = await runDefinition(machine.definition, input, {
        hooks: { runTask, random: Math.random },
        signal: abort.signal,
        variables: {},
        context: {
          Execution: { Id: executionArn, Name: name, Input: input, StartTime: new Date().toISOString() },
          StateMachine: { Id: machineArn, Name: machine.name },
        },
      })
      finish({ status: 'SUCCEEDED', output: JSON.stringify(output ?? null) })
    } catch (thrown) {
      const error = toStatesError(thrown)
      if (stopping) return
      log(`states: ${machine.name}/${name} failed: ${error.errorName} ${error.message}`)
      finish({ status: abort.signal.aborted ? 'ABORTED' : 'FAILED', error: error.errorName, cause: error.message })
    }
  }
  let stopping = false

  const start = (machineArn: string, input: unknown, wanted?: string): { executionArn: string; startDate: number } => {
    const machine = machines.get(machineArn)
    if (!machine) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${machineArn}'`)
    const name = wanted ?? randomUUID()
    if (name.length > NAME_LIMIT || !/^[A-Za-z0-9_.-]+$/.test(name))
      throw new AwsError('InvalidName', `Invalid Name: '${name}'`)
    const executionArn = `arn:aws:states:${ACCOUNT}:execution:${machine.name}:${name}`
    const text = JSON.stringify(input ?? {})
    const known = store.find(machineArn, name)
    if (known) {
      if (known.status === 'RUNNING' && known.input === text) return { executionArn, startDate: known.startedAt / 1000 }
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`)
    }
    store.start(machineArn, name, text)
    void execute(machineArn, name, executionArn, input)
    return { executionArn, startDate: Date.now() / 1000 }
  }

  const find = (executionArn: string): ExecutionRecord => {
    const [, , , , , , machineName, name] = executionArn.split(':')
    const record = store.find(`arn:aws:states:${ACCOUNT}:stateMachine:${machineName}`, name ?? '')
    if (!record) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`)
    return record
  }

  return {
    targetPrefix: 'AWSStepFunctions',
    register: (name, definition) => {
      checkDefinition(name, definition, (resource) => options.integrations.has(plain(resource)))
      const arn = `arn:aws:states:${ACCOUNT}:stateMachine:${name}`
      machines.set(arn, { name, definition })
      return arn
    },
    start,
    executions: () => store.list(null),
    stop: () => {
      stopping = true
      for (const abort of running.values()) abort.abort()
      store.close()
    },
    handle: async (action, input) => {
      switch (action) {
        case 'StartExecution':
          return start(input.stateMachineArn, JSON.parse(input.input ?? '{}'), input.name)
        case 'DescribeExecution': {
          const record = find(input.executionArn)
          return {
            executionArn: input.executionArn,
            stateMachineArn: record.machine,
            name: record.name,
            status: record.status,
            startDate: record.startedAt / 1000,
            input: record.input,
            ...(record.stoppedAt ? { stopDate: record.stoppedAt / 1000 } : {}),
            ...(record.output ? { output: record.output } : {}),
            ...(record.error ? { error: record.error, cause: record.cause } : {}),
          }
        }
        case 'ListExecutions': {
          const records = store
            .list(input.stateMachineArn)
            .filter((record) => !input.statusFilter || record.status === input.statusFilter)
          return {
            executions: records.map((record) => ({
              executionArn: `${record.machine.replace(':stateMachine:', ':execution:')}:${record.name}`,
              stateMachineArn: record.machine,
              name: record.name,
              status: record.status,
              startDate: record.startedAt / 1000,
            })),
          }
        }
        case 'StopExecution': {
          find(input.executionArn)
          running.get(input.executionArn)?.abort()
          return { stopDate: Date.now() / 1000 }
        }
        case 'SendTaskSuccess':
          tokens.succeed(input.taskToken, JSON.parse(input.output ?? 'null'))
          return {}
        case 'SendTaskFailure':
          tokens.fail(input.taskToken, input.error ?? '', input.cause ?? '')
          return {}
        case 'SendTaskHeartbeat':
          tokens.beat(input.taskToken)
          return {}
        default:
          return unknownAction('Step Functions', action)
      }
    },
  }
}

const withTimeout = (work: Promise<unknown>, seconds: number | null): Promise<unknown> => {
  if (seconds === null) return work
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StatesError('States.Timeout', 'the task took too long')),
      Math.min(seconds * 1000, 2 ** 31 - 1),
    )
  })
  return Promise.race([work, limit]).finally(() => clearTimeout(timer))
}
