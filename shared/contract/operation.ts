import type * as z from 'zod'
import type { FaultCode } from '../core/fault.ts'

/** Lambda that serves an operation: one per IAM boundary and traffic class. */
export const API_FUNCTIONS = [
  'api-messages',
  'api-control',
  'api-keys',
  'api-test',
  'api-stream',
  'api-operations',
] as const
export type ApiFunction = (typeof API_FUNCTIONS)[number]

/** Closed list of scopes of tenant keys; `*` holds all of them. */
export const SCOPES = [
  'messages:send',
  'messages:read',
  'sessions:read',
  'sessions:manage',
  'webhooks:read',
  'webhooks:manage',
  'events:read',
  'events:manage',
  'keys:manage',
  'tenant:read',
  'audit:read',
  'usage:read',
  'contacts:read',
  'contacts:manage',
  'groups:read',
  'groups:manage',
  'presence:manage',
  'profile:manage',
] as const
export type Scope = (typeof SCOPES)[number]

/**
 * One operation of the HTTPS API. From the map of operations come: routes in CDK, the router, input validation,
 * openapi.json, the generated cross-tenant test, the SDK's types.
 */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** e.g. /v1/sessions/{sessionId}/qr; every {parameter} is in `params` */
  readonly path: string
  readonly function: ApiFunction
  readonly summary: string
  readonly description?: string
  readonly tag: string
  /** none: no key; tenant: a tenant key with all of `scopes`; admin: a platform key */
  readonly auth: 'none' | 'tenant' | 'admin'
  readonly scopes: readonly Scope[]
  /** only test keys may call it */
  readonly testModeOnly?: boolean
  /** a key that is bound to one session may call it (it then sees that session only) */
  readonly sessionKeys?: boolean
  /**
   * What an Idempotency-Key does: `messageRow`, `operationRow`, `idempotencyRow`, `answerRow`: the first answer comes back for 24 h and
   * more (`answerRow`: the effect is outside of our tables, so that a crash between it and its record can repeat it).
   * `natural`: calling it twice is like calling it once, the header changes nothing. `none`: every call acts.
   */
  readonly idempotent: 'natural' | 'messageRow' | 'operationRow' | 'idempotencyRow' | 'answerRow' | 'none'
  /** instead of a key it takes a single-use `ticket` in the query: browsers' EventSource sends no headers */
  readonly acceptsTicket?: boolean
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** status → schema of the JSON body; null: no body */
  readonly responses: Readonly<Record<number, z.ZodType | null>>
  /** beyond those that every operation has (validation, key, internal) */
  readonly faults: readonly FaultCode[]
  /** raises the default limit of 1 MB */
  readonly maximumBodyBytes?: number
  /** content types other than JSON that a 200 may carry */
  readonly produces?: readonly string[]
  /** public text of the 404 of this operation; the same for an unknown id and for another tenant's */
  readonly notFound?: string
}
