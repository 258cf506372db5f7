import type { Operation } from '../../shared/contract/operation.ts'

export type Route = Pick<Operation, 'method' | 'path' | 'function'>

/** Stands in until shared/contract/operations.ts is here. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v1/health', function: 'api-control' },
  { method: 'POST', path: '/v1/messages', function: 'api-messages' },
  { method: 'POST', path: '/v1/tenants', function: 'api-keys' },
  { method: 'POST', path: '/v1/test/sessions/{sessionId}/scan', function: 'api-test' },
]
