import * as z from 'zod'
import { idOutput, idParameter, isoTime, modeSchema, nameSchema, pageOf, pageQuery } from './common.ts'
import { type Operation, SCOPES } from './operation.ts'

const scopesSchema = z
  .array(z.enum(['*', ...SCOPES]))
  .min(1)
  .max(SCOPES.length + 1)
  .meta({ example: ['messages:send', 'messages:read'] })

const keyFields = {
  id: idOutput('key'),
  name: z.string(),
  start: z.string().meta({ description: 'First characters of the key, for people', example: 'flk_test_ab12' }),
  mode: modeSchema,
  scopes: z.array(z.string()),
  sessionId: z.string().nullable().meta({ description: 'The only session this key can use; null: all' }),
  ipAllow: z.array(z.string()),
  expiresAt: isoTime.nullable(),
  revokedAt: isoTime.nullable(),
  lastUsedAt: isoTime.nullable().meta({ description: 'To the minute, written once a minute' }),
  createdAt: isoTime,
}
export const keySchema = z.object(keyFields).meta({ id: 'Key' })
export const createdKeySchema = z
  .object({
    ...keyFields,
    key: z
      .string()
      .nullable()
      .meta({ description: 'The key itself: only in this answer; null when it is a repeated one' }),
  })
  .meta({ id: 'CreatedKey' })

const fields = {
  name: nameSchema.meta({ example: 'backend' }),
  scopes: scopesSchema,
  sessionId: idParameter('ses').nullable().default(null),
  ipAllow: z
    .array(z.string().min(1).max(64))
    .max(50)
    .default([])
    .meta({ description: 'Addresses or CIDR ranges; empty: any', example: ['203.0.113.0/24'] }),
  expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
}

const ofTenant = {
  function: 'api-keys',
  tag: 'keys',
  auth: 'tenant',
  scopes: ['keys:manage'],
  notFound: 'No key with this id.',
} as const

export const keyOperations = {
  createTenantKey: {
    method: 'POST',
    path: '/v1/tenants/{tenantId}/keys',
    function: 'api-keys',
    summary: 'Create a key for a tenant',
    tag: 'keys',
    auth: 'admin',
    scopes: [],
    notFound: 'No tenant with this id.',
    idempotent: 'idempotencyRow',
    params: z.object({ tenantId: idParameter('ten') }),
    body: z.strictObject({ ...fields, mode: modeSchema }),
    responses: { 201: createdKeySchema },
    faults: ['not_found', 'tenant_deleted', 'idempotency_key_reused'],
  },
  createKey: {
    ...ofTenant,
    method: 'POST',
    path: '/v1/keys',
    summary: 'Create a key',
    description: 'The new key can do at most what the calling key can: mode, scopes, session, addresses, expiry.',
    sessionKeys: true,
    idempotent: 'idempotencyRow',
    body: z.strictObject({ ...fields, mode: modeSchema.optional() }),
    responses: { 201: createdKeySchema },
    faults: ['forbidden', 'idempotency_key_reused'],
  },
  listKeys: {
    ...ofTenant,
    method: 'GET',
    path: '/v1/keys',
    summary: 'List the keys of this mode, newest first',
    idempotent: 'natural',
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(keySchema) },
    faults: ['invalid_cursor'],
  },
  getKey: {
    ...ofTenant,
    method: 'GET',
    path: '/v1/keys/{keyId}',
    summary: 'Get a key (never its text)',
    idempotent: 'natural',
    params: z.object({ keyId: idParameter('key') }),
    responses: { 200: keySchema },
    faults: ['not_found'],
  },
  rotateKey: {
    ...ofTenant,
    method: 'POST',
    path: '/v1/keys/{keyId}/rotate',
    summary: 'Replace a key: a new one with the same rights, the old one ends after the overlap',
    description:
      'The calling key must be able to do all that the rotated key can. Without an overlap the old key stops working everywhere within 30 seconds.',
    idempotent: 'idempotencyRow',
    params: z.object({ keyId: idParameter('key') }),
    body: z.strictObject({
      overlapSeconds: z
        .number()
        .int()
        .min(0)
        .max(7 * 24 * 3600)
        .default(0)
        .meta({ description: 'How long the old key still works, at most 7 days', example: 3600 }),
    }),
    responses: { 201: createdKeySchema },
    faults: ['not_found', 'forbidden', 'key_not_active', 'idempotency_key_reused', 'conflict'],
  },
  revokeKey: {
    ...ofTenant,
    method: 'DELETE',
    path: '/v1/keys/{keyId}',
    summary: 'Revoke a key: it stops working everywhere within 30 seconds',
    idempotent: 'natural',
    params: z.object({ keyId: idParameter('key') }),
    responses: { 204: null },
    faults: ['not_found'],
  },
} as const satisfies Record<string, Operation>
