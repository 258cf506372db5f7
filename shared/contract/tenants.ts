import * as z from 'zod'
import { LIMIT_NAMES, PLAN_NAMES, PLATFORM_CEILINGS } from '../core/plans.ts'
import {
  emptyBody,
  idOutput,
  idParameter,
  isoTime,
  metadataSchema,
  modeSchema,
  nameSchema,
  pageOf,
  pageQuery,
} from './common.ts'
import type { Operation } from './operation.ts'

export const TENANT_STATUSES = ['active', 'suspended', 'deleting', 'deleted'] as const

export const tenantSchema = z
  .object({
    id: idOutput('ten'),
    name: z.string(),
    plan: z.string(),
    status: z.enum(TENANT_STATUSES),
    limits: z.record(z.string(), z.number()).meta({
      description: 'The limits that hold: of the plan, replaced by the own ones, never above the platform ceilings',
    }),
    suspendedReason: z.string().nullable(),
    deletion: z
      .object({ requestedAt: isoTime, logout: z.boolean(), shreddedAt: isoTime.nullable() })
      .nullable()
      .meta({ description: 'Set from the deletion on; shreddedAt: the data keys are destroyed' }),
    metadata: metadataSchema,
    createdAt: isoTime,
  })
  .meta({ id: 'Tenant' })

const planSchema = z.enum(PLAN_NAMES).meta({ example: 'standard' })
const limitsBody = z
  .strictObject(
    Object.fromEntries(
      LIMIT_NAMES.map((name) => [name, z.number().int().min(0).max(PLATFORM_CEILINGS[name]).optional()]),
    ),
  )
  .meta({
    description: 'Replaces single limits of the plan; never above the platform ceilings',
    example: { sessions: 2_000 },
  })
const tenantParams = z.object({ tenantId: idParameter('ten') })

const ofPlatform = {
  function: 'api-keys',
  tag: 'tenants',
  auth: 'admin',
  scopes: [],
  notFound: 'No tenant with this id.',
} as const

export const tenantOperations = {
  createTenant: {
    ...ofPlatform,
    method: 'POST',
    path: '/v1/tenants',
    summary: 'Create a tenant',
    idempotent: 'idempotencyRow',
    body: z.strictObject({
      name: nameSchema.meta({ example: 'Acme' }),
      plan: planSchema.default('standard'),
      limits: limitsBody.default({}),
      metadata: metadataSchema.default({}),
    }),
    responses: { 201: tenantSchema },
    faults: ['idempotency_key_reused'],
  },
  getTenant: {
    ...ofPlatform,
    method: 'GET',
    path: '/v1/tenants/{tenantId}',
    summary: 'Get a tenant',
    idempotent: 'natural',
    params: z.object({ tenantId: idParameter('ten') }),
    responses: { 200: tenantSchema },
    faults: ['not_found'],
  },
  listTenants: {
    ...ofPlatform,
    method: 'GET',
    path: '/v1/tenants',
    summary: 'List tenants, newest first',
    idempotent: 'natural',
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(tenantSchema) },
    faults: ['invalid_cursor'],
  },
  updateTenant: {
    ...ofPlatform,
    method: 'PATCH',
    path: '/v1/tenants/{tenantId}',
    summary: 'Change name, plan, limits or metadata (limits and metadata are replaced as a whole)',
    description: 'New limits hold within 30 seconds.',
    idempotent: 'natural',
    params: tenantParams,
    body: z.strictObject({
      name: nameSchema.optional(),
      plan: planSchema.optional(),
      limits: limitsBody.optional(),
      metadata: metadataSchema.optional(),
    }),
    responses: { 200: tenantSchema },
    faults: ['not_found', 'tenant_deleted'],
  },
  suspendTenant: {
    ...ofPlatform,
    method: 'POST',
    path: '/v1/tenants/{tenantId}/suspend',
    summary: 'Refuse all keys of a tenant (403 tenant_suspended), within 30 seconds',
    description:
      'Nothing can be asked or sent until the tenant is resumed. Its sessions are stopped within minutes: the devices stay linked, WhatsApp keeps what arrives meanwhile (for about two weeks); events and webhooks of what happened before still go out.',
    idempotent: 'natural',
    params: tenantParams,
    body: z.strictObject({ reason: z.string().trim().min(1).max(500).optional() }),
    responses: { 200: tenantSchema },
    faults: ['not_found', 'tenant_deleted'],
  },
  resumeTenant: {
    ...ofPlatform,
    method: 'POST',
    path: '/v1/tenants/{tenantId}/resume',
    summary: 'End a suspension',
    description: 'Sessions that the suspension stopped start again by themselves within minutes, without a QR code.',
    idempotent: 'natural',
    params: tenantParams,
    body: emptyBody,
    responses: { 200: tenantSchema },
    faults: ['not_found', 'tenant_deleted'],
  },
  deleteTenant: {
    ...ofPlatform,
    method: 'DELETE',
    path: '/v1/tenants/{tenantId}',
    summary: 'Delete a tenant: ends its sessions, then destroys its data keys',
    description:
      'Keys are refused within 30 seconds. Sessions of both modes end; with logout=true (the default) their devices are unlinked. Then the data keys are destroyed and nothing of the content can be read again, by anybody; at the latest after an hour, also when a device could not be unlinked. The audit log stays. GET the tenant to see how far it is.',
    idempotent: 'natural',
    params: tenantParams,
    query: z.strictObject({ logout: z.enum(['true', 'false']).default('true') }),
    responses: { 202: tenantSchema },
    faults: ['not_found'],
  },
  getOwnTenant: {
    method: 'GET',
    path: '/v1/tenant',
    function: 'api-keys',
    summary: 'The tenant of this key',
    tag: 'tenants',
    auth: 'tenant',
    scopes: ['tenant:read'],
    sessionKeys: true,
    idempotent: 'natural',
    responses: { 200: tenantSchema.extend({ mode: modeSchema }).meta({ id: 'OwnTenant' }) },
    faults: [],
  },
} as const satisfies Record<string, Operation>
