import type { SQSClient } from '@aws-sdk/client-sqs'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { AwsError } from '../cloud/aws-json.ts'
import type { Ecs } from '../cloud/ecs.ts'
import { LambdaError, type LambdaFunction } from './lambda/lambda-function.ts'
import { StatesError } from './step-functions/states-error.ts'
import type { Integrations, StepFunctions } from './step-functions/step-functions.ts'

/** Service integrations of our state machines. A machine that uses another one does not load. */
export const makeIntegrations = (services: {
  functions: ReadonlyMap<string, LambdaFunction>
  sqs: SQSClient
  ecs: () => Ecs
  stepFunctions: () => StepFunctions
}): Integrations =>
  new Map<string, (input: any) => Promise<unknown>>([
    [
      'arn:aws:states:::lambda:invoke',
      async ({ FunctionName, Payload }) => {
        const lambda = services.functions.get(FunctionName)
        if (!lambda) throw new StatesError('Lambda.ResourceNotFoundException', `no function ${FunctionName}`)
        try {
          return { ExecutedVersion: '$LATEST', StatusCode: 200, Payload: await lambda.invoke(Payload) }
        } catch (error) {
          if (error instanceof LambdaError) throw new StatesError(error.errorType, error.message)
          throw error
        }
      },
    ],
    [
      'arn:aws:states:::sqs:sendMessage',
      async ({ QueueUrl, MessageBody, MessageGroupId }) => {
        try {
          const body = typeof MessageBody === 'string' ? MessageBody : JSON.stringify(MessageBody)
          const { MessageId } = await services.sqs.send(
            new SendMessageCommand({ QueueUrl, MessageBody: body, MessageGroupId }),
          )
          return { MessageId }
        } catch (error) {
          throw new StatesError('SQS.AmazonSQSException', (error as Error).message)
        }
      },
    ],
    [
      'arn:aws:states:::states:startExecution',
      async ({ StateMachineArn, Input, Name }) => {
        try {
          return { ExecutionArn: services.stepFunctions().start(StateMachineArn, Input, Name).executionArn }
        } catch (error) {
          throw named('StepFunctions', error, 'Exception')
        }
      },
    ],
    [
      'arn:aws:states:::aws-sdk:sfn:startExecution',
      async ({ StateMachineArn, Input, Name }) => {
        try {
          const { executionArn } = services.stepFunctions().start(StateMachineArn, JSON.parse(Input ?? '{}'), Name)
          return { ExecutionArn: executionArn, StartDate: new Date().toISOString() }
        } catch (error) {
          throw named('Sfn', error, 'Exception')
        }
      },
    ],
    [
      'arn:aws:states:::ecs:runTask',
      async (input) => ecsCall(services.ecs(), 'RunTask', input, 'ECS.AmazonECSException'),
    ],
    // Nobody evaluates the template's alarms on a laptop: none rings.
    ['arn:aws:states:::aws-sdk:cloudwatch:describeAlarms', async () => ({ MetricAlarms: [] })],
    ['arn:aws:states:::aws-sdk:ecs:listTasks', async (input) => ecsCall(services.ecs(), 'ListTasks', input)],
    ['arn:aws:states:::aws-sdk:ecs:stopTask', async (input) => ecsCall(services.ecs(), 'StopTask', input)],
  ])

/** Arguments of state machines start with capitals, the ECS API's fields do not; answers the other way round. */
const ecsCall = async (ecs: Ecs, action: string, input: unknown, errorName?: string): Promise<unknown> => {
  try {
    return changeCase(await ecs.handle(action, changeCase(input, lower)), upper)
  } catch (error) {
    if (errorName) throw new StatesError(errorName, (error as Error).message)
    throw named('Ecs', error, 'Exception')
  }
}

const lower = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)
const upper = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)

const changeCase = (value: any, rename: (name: string) => string): any => {
  if (Array.isArray(value)) return value.map((item) => changeCase(item, rename))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [rename(name), changeCase(item, rename)]))
}

const named = (service: string, error: unknown, suffix: string): unknown =>
  error instanceof AwsError
    ? new StatesError(`${service}.${error.code.replace(/Exception$/, '')}${suffix}`, error.message)
    : error
