import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { EventSink } from '../../shared/events/event-sink.ts'
import type { Bell } from '../../shared/events/ring.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Tables } from '../../shared/store/tables.ts'
import type { MessageQuota } from './message-quota.ts'

/** What the operations of this function work with. */
export interface MessageServices {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
  readonly bell: Bell
  readonly quota: MessageQuota
  readonly sink: EventSink
  readonly log: Log
  /** where error codes are explained */
  readonly docsBaseUrl: string
}
