import type { HandlersOf } from '../../shared/http/handler.ts'
import { getClientVersion, setClientVersion } from './operations/client-versions.ts'
import { createKey } from './operations/create-key.ts'
import { createTenant } from './operations/create-tenant.ts'
import { createTenantKey } from './operations/create-tenant-key.ts'
import { deleteTenant } from './operations/delete-tenant.ts'
import { drainWorker } from './operations/drain-worker.ts'
import { getKey } from './operations/get-key.ts'
import { getOwnTenant } from './operations/get-own-tenant.ts'
import { getTenant } from './operations/get-tenant.ts'
import { getWorker } from './operations/get-worker.ts'
import { listAuditLog, listPlatformAuditLog } from './operations/list-audit-log.ts'
import { listKeys } from './operations/list-keys.ts'
import { listPlacedSessions } from './operations/list-placed-sessions.ts'
import { listTenants } from './operations/list-tenants.ts'
import { listWorkers } from './operations/list-workers.ts'
import { moveSession } from './operations/move-session.ts'
import { revokeKey } from './operations/revoke-key.ts'
import { abortRollout, getRollout, startRollout } from './operations/rollouts.ts'
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
  drainWorker: drainWorker(services),
  listPlacedSessions: listPlacedSessions(services),
  moveSession: moveSession(services),
  startRollout: startRollout(services),
  getRollout: getRollout(services),
  abortRollout: abortRollout(services),
  getClientVersion: getClientVersion(services),
  setClientVersion: setClientVersion(services),
})
