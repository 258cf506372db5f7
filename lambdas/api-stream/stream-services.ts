import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { Tables } from '../../shared/store/tables.ts'

export interface StreamServices {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
}
