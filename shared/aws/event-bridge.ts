import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { clientOptions } from './client-options.ts'

export { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'

export const makeEventBridgeClient = (): EventBridgeClient => new EventBridgeClient(clientOptions())
