import type { FaultCode } from '../core/fault.ts'
import type { Operation } from './operation.ts'

/** What an operation can answer besides its own faults, by the kind of its key and body. */
const commonFaultsOf = (operation: Operation): FaultCode[] => [
  'validation_failed',
  'internal_error',
  // Address and headers of any request can be more than the gateway takes.
  'payload_too_large',
  ...(operation.body ? (['malformed_json', 'unsupported_media_type'] as const) : []),
  ...(operation.auth === 'none' ? [] : (['unauthorized', 'forbidden'] as const)),
  ...(operation.auth === 'tenant' ? (['rate_limited', 'tenant_suspended', 'live_mode_disabled'] as const) : []),
  ...(operation.testModeOnly ? (['wrong_mode'] as const) : []),
  ...(operation.idempotent === 'idempotencyRow' ? (['conflict'] as const) : []),
  ...(operation.idempotent === 'answerRow' ? (['conflict', 'idempotency_key_reused'] as const) : []),
]

/** Every error code that an operation may answer, sorted. */
export const faultsOf = (operation: Operation): FaultCode[] =>
  [...new Set([...commonFaultsOf(operation), ...operation.faults])].sort()
