import { ECSClient } from '@aws-sdk/client-ecs'
import { clientOptions } from './client-options.ts'

export { DescribeTasksCommand, ECSClient, ListTasksCommand, StopTaskCommand } from '@aws-sdk/client-ecs'

export const makeECSClient = (): ECSClient => new ECSClient(clientOptions())
