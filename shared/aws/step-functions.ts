import { SFNClient } from '@aws-sdk/client-sfn'
import { clientOptions } from './client-options.ts'

export {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn'

export const makeSFNClient = (): SFNClient => new SFNClient(clientOptions())
