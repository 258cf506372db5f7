import { adminOperations } from './admin.ts'
import { auditOperations } from './audit.ts'
import { eventOperations } from './events.ts'
import { healthOperations } from './health.ts'
import { keyOperations } from './keys.ts'
import { limitOperations } from './limits.ts'
import { messageBatchOperations } from './message-batch.ts'
import { messageOperations } from './messages.ts'
import { rolloutOperations } from './rollouts.ts'
import { sessionOperations } from './sessions.ts'
import { tenantOperations } from './tenants.ts'
import { testModeOperations } from './test-mode.ts'
import { usageOperations } from './usage.ts'
import { webhookOperations } from './webhooks.ts'

/** Every operation of the API by its name (the operationId of openapi.json). */
export const operations = {
  ...healthOperations,
  ...tenantOperations,
  ...keyOperations,
  ...sessionOperations,
  ...messageOperations,
  ...messageBatchOperations,
  ...eventOperations,
  ...webhookOperations,
  ...limitOperations,
  ...auditOperations,
  ...usageOperations,
  ...testModeOperations,
  ...adminOperations,
  ...rolloutOperations,
} as const

export type Operations = typeof operations
export type OperationName = keyof Operations
