import type { HandlersOf } from '../../shared/http/handler.ts'
import { createKey } from './operations/create-key.ts'
import { createTenant } from './operations/create-tenant.ts'
import { createTenantKey } from './operations/create-tenant-key.ts'
import { deleteTenant } from './operations/delete-tenant.ts'
import { getKey } from './operations/get-key.ts'
import { getOwnTenant } from './operations/get-own-tenant.ts'
import { getTenant } from './operations/get-tenant.ts'
import { getWorker } from './operations/get-worker.ts'
import { listAuditLog, listPlatformAuditLog } from './operations/list-audit-log.ts'
import { listKeys } from './operations/list-keys.ts'
import { listTenants } from './operations/list-tenants.ts'
import { listWorkers } from './operations/list-workers.ts'
import { revokeKey } from './operations/revoke-key.ts'
import { rotateKey } from './operations/rotate-key.ts'
import { resumeTenant, suspendTenant, updateTenant } from './operations/update-tenant.ts'
import type { KeyServices } from './services.ts'

export const makeKeyHandlers = (services: KeyServices): HandlersOf<'api-keys'> => ({
  createTenant: createTenant(services),
  getTenant: getTenant(services),
  listTenants: listTenants(services),
  updateTenant: updateTenant(services),
  suspendTenant: suspendTenant(services),
  resumeTenant: resumeTenant(services),
  deleteTenant: deleteTenant(services),
  getOwnTenant: getOwnTenant(),
  createTenantKey: createTenantKey(services),
  createKey: createKey(services),
  listKeys: listKeys(services),
  getKey: getKey(services),
  rotateKey: rotateKey(services),
  revokeKey: revokeKey(services),
  listAuditLog: listAuditLog(services),
  listPlatformAuditLog: listPlatformAuditLog(services),
  listWorkers: listWorkers(services),
  getWorker: getWorker(services),
})
