import type { TenantLimits } from '../core/plans.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import type { ApiKeyRow } from '../store/api-keys.ts'
import type { TenantRow } from '../store/tenants.ts'

/** Who calls: a key of a tenant and mode, or the platform itself. */
export type Principal = TenantPrincipal | AdminPrincipal

export interface TenantPrincipal {
  readonly kind: 'tenant'
  readonly scope: TenantScope
  readonly tenant: TenantRow
  readonly key: ApiKeyRow
  /** of the tenant: plan, own limits and platform ceilings together */
  readonly limits: TenantLimits
}

export interface AdminPrincipal {
  readonly kind: 'admin'
}
