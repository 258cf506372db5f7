import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { EgressRules } from '../../shared/egress/url-rules.ts'
import type { EventSink } from '../../shared/events/event-sink.ts'
import type { PipelineHint } from '../../shared/events/queue-envelopes.ts'
import type { Bell } from '../../shared/events/ring.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Tables } from '../../shared/store/tables.ts'
import type { PostResult, postWebhook } from '../../shared/webhooks/post-webhook.ts'

/** What the operations of this function work with. */
export interface ControlServices {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
  readonly bell: Bell
  readonly sink: EventSink
  readonly egressRules: EgressRules
  /** rings the webhook pipeline; rows are the truth, the sweeper rings too */
  readonly ringPipeline: (hints: readonly PipelineHint[]) => Promise<unknown>
  readonly post: (input: Omit<Parameters<typeof postWebhook>[0], 'dispatcher'>) => Promise<PostResult>
  /** counts an attempt for the tenant's usage; never throws */
  readonly countAttempt: (scope: TenantScope, now: number) => Promise<void>
  readonly version: string
  readonly log: Log
}
