import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { EgressRules } from '../../shared/egress/url-rules.ts'
import type { EventSink } from '../../shared/events/event-sink.ts'
import type { Bell } from '../../shared/events/ring.ts'
import type { Log } from '../../shared/log/log.ts'
import type { MediaStore } from '../../shared/media/media-store.ts'
import type { Tables } from '../../shared/store/tables.ts'
import type { MessageQuota } from './message-quota.ts'

export interface MediaServices {
  readonly store: MediaStore
  /** what a customer's URL must not be */
  readonly egressRules: EgressRules
  readonly orderFetch: (scope: TenantScope, mediaId: string) => Promise<void>
}

/** What the operations of this function work with. */
export interface MessageServices {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
  readonly bell: Bell
  readonly quota: MessageQuota
  readonly media: MediaServices
  readonly sink: EventSink
  readonly log: Log
  /** where error codes are explained */
  readonly docsBaseUrl: string
}
