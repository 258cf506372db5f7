import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { PipelineHint } from '../../shared/events/queue-envelopes.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import type { Tables } from '../../shared/store/tables.ts'
import type { PostResult, postWebhook } from '../../shared/webhooks/post-webhook.ts'

export interface DeliverDependencies {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
  readonly post: (input: Omit<Parameters<typeof postWebhook>[0], 'dispatcher'>) => Promise<PostResult>
  /** rings the deliver queue again; the rows are the truth, the sweeper rings too */
  readonly enqueue: (hint: PipelineHint, delaySeconds: number) => Promise<unknown>
  /** tells the bus of operational events that are written already; never throws */
  readonly publish: (events: readonly EventRow[]) => Promise<unknown>
  /** counts an attempt for the tenant's usage; never throws */
  readonly count: (scope: TenantScope, now: number) => Promise<void>
  readonly now: () => number
  readonly random: () => number
}
