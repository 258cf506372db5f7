import { describe, expect, it } from 'vitest'
import type { Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { Fault } from '../core/fault.ts'
import { newId } from '../core/ids.ts'
import { limitsOf } from '../core/plans.ts'
import { TenantScope } from '../core/tenant-scope.ts'
import type { ApiKeyRow } from '../store/api-keys.ts'
import { authorize } from './authorize.ts'
import type { Principal } from './principal.ts'

const tenantId = newId('ten')

const principal = (fields: Partial<ApiKeyRow> = {}, status: 'active' | 'suspended' = 'active'): Principal => {
  const key: ApiKeyRow = {
    v: 1,
    tenantId,
    mode: 'test',
    id: newId('key'),
    name: 'k',
    hash: 'h',
    pepperVersion: 1,
    start: 'flk_test_abcd',
    scopes: ['*'],
    sessionId: null,
    ipAllow: [],
    expiresAt: null,
    revokedAt: null,
    createdAt: 0,
    createdBy: 'admin',
    ...fields,
  }
  const tenant = { v: 1 as const, id: tenantId, name: 't', plan: 'p', status, metadata: {}, createdAt: 0 }
  const scope = TenantScope.fromVerified('principal', { tenantId, mode: key.mode })
  return { kind: 'tenant', scope, tenant, key, limits: limitsOf(tenant) }
}

const sessionId = newId('ses')
const paramsOf = ({ path }: Operation): Record<string, string> =>
  Object.fromEntries(
    [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name!, name === 'sessionId' ? sessionId : 'x']),
  )

const verdict = (who: Principal, operation: Operation, liveModeEnabled = true): string => {
  try {
    authorize(who, operation, paramsOf(operation), { liveModeEnabled })
    return 'allowed'
  } catch (error) {
    if (error instanceof Fault) return error.code
    throw error
  }
}

/** The row decides, with the scopes of the request that made it (lambdas/api-operations). */
const DECIDED_BY_ROW = new Set(['getOperation'])

describe.each(Object.entries(operations as Record<string, Operation>))('%s', (name, operation) => {
  const isOpen = operation.auth === 'none'
  const expected = (kind: 'tenant' | 'admin') => (isOpen || operation.auth === kind ? 'allowed' : 'forbidden')

  it('a platform key does platform operations, a full tenant key all others', () => {
    expect(verdict({ kind: 'admin' }, operation)).toBe(expected('admin'))
    expect(verdict(principal(), operation)).toBe(expected('tenant'))
  })

  if (operation.auth === 'tenant' && !DECIDED_BY_ROW.has(name)) {
    it('needs each of its scopes; without, a read looks like an unknown id', () => {
      expect(operation.scopes.length).toBeGreaterThan(0)
      expect(verdict(principal({ scopes: [...operation.scopes] }), operation)).toBe('allowed')
      const hidden = operation.method === 'GET' && operation.path.includes('{')
      expect(verdict(principal({ scopes: [] }), operation)).toBe(hidden ? 'not_found' : 'forbidden')
    })
  }

  if (operation.auth === 'tenant') {
    it('a key bound to a session passes with that session only', () => {
      const bound = operation.sessionKeys ? 'allowed' : 'forbidden'
      expect(verdict(principal({ sessionId }), operation)).toBe(bound)
      if (operation.sessionKeys && operation.path.includes('{sessionId}'))
        expect(verdict(principal({ sessionId: newId('ses') }), operation)).toBe('not_found')
    })

    it('live mode, test helpers and suspension', () => {
      const live = principal({ mode: 'live' })
      expect(verdict(live, operation)).toBe(operation.testModeOnly ? 'wrong_mode' : 'allowed')
      expect(verdict(live, operation, false)).toBe(operation.testModeOnly ? 'wrong_mode' : 'live_mode_disabled')
      expect(verdict(principal({}, 'suspended'), operation)).toBe('tenant_suspended')
    })
  }
})
