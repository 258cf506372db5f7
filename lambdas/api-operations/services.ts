import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { Bell } from '../../shared/events/ring.ts'
import type { Tables } from '../../shared/store/tables.ts'

/** What the operations of this function work with. */
export interface OperationServices {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
  readonly bell: Bell
  /** how long a request waits for its answer that does not say */
  readonly defaultWaitSeconds?: number
}
