import * as z from 'zod'
import { AUDIT_OUTCOMES } from '../core/audit-outcomes.ts'
import { idOutput, isoTime, modeSchema, pageOf, pageQuery } from './common.ts'
import type { Operation } from './operation.ts'

const digest = z
  .string()
  .nullable()
  .meta({ description: 'SHA-256 (hex) of the resource as the API shows it, without secrets' })

export const auditEntrySchema = z
  .object({
    id: idOutput('aud'),
    at: isoTime,
    actor: z
      .string()
      .meta({ description: 'Id of the key; `platform` for a platform key', example: 'key_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S' }),
    tenantId: z.string().nullable(),
    mode: modeSchema.nullable(),
    sourceIp: z.string().nullable(),
    userAgent: z.string().nullable(),
    requestId: z.string(),
    operation: z.string().meta({ description: 'operationId of this document', example: 'revokeKey' }),
    resourceId: z.string().nullable(),
    outcome: z
      .enum(AUDIT_OUTCOMES)
      .meta({ description: '`unknown`: the process ended between the change and its entry' }),
    status: z.number().int().nullable(),
    code: z.string().nullable().meta({ description: 'Error code of a refusal' }),
    beforeDigest: digest,
    afterDigest: digest,
  })
  .meta({ id: 'AuditEntry' })

const query = z.strictObject({
  ...pageQuery,
  from: z.iso.datetime({ offset: true }).optional().meta({ description: 'default: 90 days before `to`' }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: 'default: now' }),
  actor: z.string().min(1).max(64).optional().meta({ description: 'Id of a key, or `platform`' }),
  resource: z.string().min(1).max(64).optional().meta({ description: 'Id of what was changed' }),
})

const common = {
  method: 'GET',
  function: 'api-keys',
  tag: 'audit',
  idempotent: 'natural',
  query,
  responses: { 200: pageOf(auditEntrySchema) },
  faults: ['invalid_cursor'],
} as const

export const auditOperations = {
  listAuditLog: {
    ...common,
    path: '/v1/audit-log',
    summary: 'Who changed what, newest first',
    description:
      'Every control-plane change of this tenant and mode, also refused ones. Entries are never changed or removed. An entry is written before the answer; filters by actor or resource may lag by a second.',
    auth: 'tenant',
    scopes: ['audit:read'],
  },
  listPlatformAuditLog: {
    ...common,
    path: '/v1/admin/audit-log',
    summary: 'What platform keys changed, newest first',
    auth: 'admin',
    scopes: [],
  },
} as const satisfies Record<string, Operation>
