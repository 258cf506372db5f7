import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda'
import type { ApiStack } from '../stacks/api-stack.ts'
import type { DataStack } from '../stacks/data-stack.ts'
import { AppFunction } from './app-function.ts'
import type { CellStack } from './cell.ts'
import { everyMinute } from './every-minute.ts'
import { allow, dataKeyThroughServices } from './permissions.ts'

/** Flies each minute; gives up before the next tick. */
const TIMEOUT_SECONDS = 58

/**
 * A tenant that is ours: sends a message in test mode each minute and waits for its signed webhook at its own address. It
 * holds a tenant's key and nothing else: no table, no queue.
 */
export const addCanary = (stack: CellStack, { data, api }: { data: DataStack; api: ApiStack }): AppFunction => {
  const { cell } = stack
  const secret = data.canarySecret!
  const canary = new AppFunction(stack, {
    cell,
    name: 'fleet-canary',
    memoryMiB: 256,
    timeoutSeconds: TIMEOUT_SECONDS,
    environment: { canarySecretId: secret.secretArn, apiUrl: api.address },
    permissions: [
      allow(['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'], secret.secretArn),
      dataKeyThroughServices(stack, data.key),
    ],
  })
  // Open to the internet as any customer's webhook receiver is: only what carries the endpoint's signature is taken.
  const url = canary.function.addFunctionUrl({ authType: FunctionUrlAuthType.NONE })
  everyMinute(stack, 'FlyEveryMinute', canary.function, { receiveUrl: url.url })
  return canary
}
