import type { Operation } from '../contract/operation.ts'
import { holdsScopes } from '../core/api-key-rules.ts'
import { Fault } from '../core/fault.ts'
import type { Principal } from './principal.ts'

/**
 * May this principal call this operation? Pure. Answers never depend on whether the resource exists: a key that may not
 * read sees the 404 of an unknown id.
 * @throws Fault
 */
export const authorize = (
  principal: Principal,
  operation: Operation,
  params: Readonly<Record<string, string>>,
  deployment: { liveModeEnabled: boolean },
): void => {
  if (operation.auth === 'none') return
  if (principal.kind === 'admin') {
    if (operation.auth === 'admin') return
    throw forbidden('This operation needs a key of a tenant: create one with POST /v1/tenants/{tenantId}/keys.')
  }
  if (operation.auth === 'admin') throw forbidden('This operation needs a platform key (flk_admin_…).')
  const { key, tenant } = principal
  if (operation.testModeOnly && key.mode === 'live')
    throw new Fault('wrong_mode', { detail: 'This operation exists in test mode only: use a flk_test_ key.' })
  if (key.mode === 'live' && !deployment.liveModeEnabled)
    throw new Fault('live_mode_disabled', {
      detail: 'This deployment serves test keys only. Its operator can switch live mode on.',
    })
  if (tenant.status === 'suspended')
    throw new Fault('tenant_suspended', { detail: 'The tenant of this key is suspended: ask the platform operator.' })
  if (!holdsScopes(key, operation.scopes)) {
    if (operation.method === 'GET' && Object.keys(params).length > 0) throw notFoundOf(operation)
    throw forbidden(`This key needs the scope ${operation.scopes.join(' and ')}.`)
  }
  if (key.sessionId === null) return
  if (!operation.sessionKeys) throw forbidden('This key is bound to one session and may not do this.')
  if (params.sessionId !== undefined && params.sessionId !== key.sessionId) throw notFoundOf(operation)
}

/** The one 404 of an operation: the same for an unknown id, another tenant's and one the key may not see. */
export const notFoundOf = (operation: Operation): Fault =>
  new Fault('not_found', { detail: operation.notFound ?? 'There is nothing with this id.' })

const forbidden = (detail: string): Fault => new Fault('forbidden', { detail })
