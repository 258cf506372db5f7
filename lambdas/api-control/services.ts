import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { EgressRules } from '../../shared/egress/url-rules.ts'
import type { EventSink } from '../../shared/events/event-sink.ts'
import type { Bell } from '../../shared/events/ring.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Tables } from '../../shared/store/tables.ts'

/** What the operations of this function work with. */
export interface ControlServices {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
  readonly bell: Bell
  readonly sink: EventSink
  readonly egressRules: EgressRules
  readonly version: string
  readonly log: Log
}
