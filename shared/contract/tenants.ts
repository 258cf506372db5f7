import * as z from 'zod'
import { idOutput, idParameter, isoTime, metadataSchema, modeSchema, nameSchema, pageOf, pageQuery } from './common.ts'
import type { Operation } from './operation.ts'

export const TENANT_STATUSES = ['active', 'suspended', 'deleting', 'deleted'] as const

export const tenantSchema = z
  .object({
    id: idOutput('ten'),
    name: z.string(),
    plan: z.string(),
    status: z.enum(TENANT_STATUSES),
    metadata: metadataSchema,
    createdAt: isoTime,
  })
  .meta({ id: 'Tenant' })

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
      plan: z.string().trim().min(1).max(50).default('standard'),
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
