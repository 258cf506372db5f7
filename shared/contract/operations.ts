import { adminOperations } from './admin.ts'
import { auditOperations } from './audit.ts'
import { clientVersionOperations } from './client-versions.ts'
import { contactOperations } from './contacts.ts'
import { eventOperations } from './events.ts'
import { groupOperations } from './groups.ts'
import { healthOperations } from './health.ts'
import { keyOperations } from './keys.ts'
import { limitOperations } from './limits.ts'
import { mediaOperations } from './media.ts'
import { messageBatchOperations } from './message-batch.ts'
import { messageReadOperations } from './message-read.ts'
import { messageShortcutOperations } from './message-shortcuts.ts'
import { messageOperations } from './messages.ts'
import { operationOperations } from './operation-resource.ts'
import { profileOperations } from './profile.ts'
import { rolloutOperations } from './rollouts.ts'
import { sessionOperations } from './sessions.ts'
import { tenantOperations } from './tenants.ts'
import { testModeOperations } from './test-mode.ts'
import { usageOperations } from './usage.ts'
import { webhookDeliveryOperations } from './webhook-deliveries.ts'
import { webhookEndpointOperations } from './webhook-endpoints.ts'
import { webhookReplayOperations } from './webhook-replays.ts'

/** Every operation of the API by its name (the operationId of openapi.json). */
export const operations = {
  ...healthOperations,
  ...tenantOperations,
  ...keyOperations,
  ...sessionOperations,
  ...messageOperations,
  ...mediaOperations,
  ...messageBatchOperations,
  ...messageShortcutOperations,
  ...messageReadOperations,
  ...contactOperations,
  ...groupOperations,
  ...profileOperations,
  ...operationOperations,
  ...eventOperations,
  ...webhookEndpointOperations,
  ...webhookDeliveryOperations,
  ...webhookReplayOperations,
  ...limitOperations,
  ...auditOperations,
  ...usageOperations,
  ...testModeOperations,
  ...adminOperations,
  ...rolloutOperations,
  ...clientVersionOperations,
} as const

export type Operations = typeof operations
export type OperationName = keyof Operations
