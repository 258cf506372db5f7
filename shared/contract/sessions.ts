import * as z from 'zod'
import { LOG_FAULTS } from '../core/log-fault.ts'
import { SESSION_STATUSES } from '../core/session-status.ts'
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
import { sessionSettings, sessionSettingsInput } from './session-settings.ts'

const reasonSchema = z.object({
  code: z.string(),
  waCode: z.number().optional(),
  fault: z.enum(LOG_FAULTS).optional().meta({
    description: 'of state_lost and log_future_format: what is wrong with what was stored of the session',
  }),
  retryable: z.boolean(),
  nextAction: z.string(),
  since: isoTime,
})

export const sessionSchema = z
  .object({
    id: idOutput('ses'),
    tenantId: idOutput('ten'),
    name: z.string(),
    mode: modeSchema,
    status: z.enum(SESSION_STATUSES),
    reason: reasonSchema.nullable(),
    phone: z.string().nullable(),
    lid: z.string().nullable(),
    pushName: z.string().nullable(),
    workerId: z.string().nullable(),
    connectedAt: isoTime.nullable(),
    restriction: z
      .object({ code: z.string().meta({ example: 'reachout_timelock' }), until: isoTime, since: isoTime })
      .nullable()
      .meta({ description: 'WhatsApp lets this number open no new chats before `until`; existing chats go on' }),
    ...sessionSettings,
    createdAt: isoTime,
    metadata: metadataSchema,
  })
  .meta({ id: 'Session' })

export const sessionParams = z.object({ sessionId: idParameter('ses') })

const linkSchema = z
  .object({
    method: z.enum(['qr', 'code']),
    qr: z.string().nullable(),
    code: z.string().nullable().meta({ example: 'ABCD1234' }),
    expiresAt: isoTime.nullable(),
    attempt: z.number().int(),
  })
  .meta({ id: 'Link' })

const qrSchema = z.object({ qr: z.string(), expiresAt: isoTime, attempt: z.number().int() }).meta({ id: 'Qr' })
const notReadySchema = z
  .object({ status: z.enum(SESSION_STATUSES), retryAfterSeconds: z.number() })
  .meta({ id: 'LinkNotReady' })

const diagnosisSchema = z
  .object({
    sessionId: idOutput('ses'),
    mode: modeSchema,
    status: z.enum(SESSION_STATUSES),
    reason: reasonSchema.nullable(),
    healthy: z.boolean(),
    summary: z.string().meta({ example: 'Connecting again (connection_lost 408).' }),
    checks: z
      .array(
        z.object({
          name: z.enum(['link', 'desired', 'worker', 'stability', 'connection', 'queue']),
          status: z.enum(['ok', 'waiting', 'problem']),
          detail: z.string(),
        }),
      )
      .meta({ description: 'Each depends on those before it: the first that is not ok explains the rest' }),
    nextAction: z.object({
      code: z.string().meta({ example: 'wait' }),
      by: z.enum(['nobody', 'tenant', 'operator']),
      description: z.string(),
    }),
    queue: z.object({
      waiting: z.number().int().meta({ description: 'Messages that wait, counted up to 100' }),
      more: z.boolean(),
      nextAt: isoTime.nullable(),
    }),
    at: isoTime,
  })
  .meta({ id: 'Diagnosis' })

const common = {
  function: 'api-control',
  tag: 'sessions',
  auth: 'tenant',
  sessionKeys: true,
  notFound: 'No session with this id.',
} as const
const reads = { ...common, method: 'GET', scopes: ['sessions:read'], idempotent: 'natural' } as const
const manages = { ...common, scopes: ['sessions:manage'] } as const
const action = {
  ...manages,
  method: 'POST',
  idempotent: 'natural',
  params: sessionParams,
  body: emptyBody,
  responses: { 202: sessionSchema },
} as const

export const sessionOperations = {
  createSession: {
    ...manages,
    sessionKeys: false,
    method: 'POST',
    path: '/v1/sessions',
    summary: 'Create a session (one linked device, one phone number)',
    idempotent: 'idempotencyRow',
    body: z.strictObject({
      name: nameSchema.meta({ example: 'Support line' }),
      metadata: metadataSchema.default({}),
      ...sessionSettingsInput,
    }),
    responses: { 201: sessionSchema },
    faults: ['quota_exceeded', 'idempotency_key_reused'],
  },
  getSession: {
    ...reads,
    path: '/v1/sessions/{sessionId}',
    summary: 'Get a session',
    params: sessionParams,
    responses: { 200: sessionSchema },
    faults: ['not_found'],
  },
  diagnoseSession: {
    ...reads,
    path: '/v1/sessions/{sessionId}/diagnosis',
    summary: 'Why is the session down, and what helps?',
    params: sessionParams,
    responses: { 200: diagnosisSchema },
    faults: ['not_found'],
  },
  listSessions: {
    ...reads,
    path: '/v1/sessions',
    summary: 'List sessions, newest first',
    query: z.strictObject({ ...pageQuery, status: z.enum(SESSION_STATUSES).optional() }),
    responses: { 200: pageOf(sessionSchema) },
    faults: ['invalid_cursor'],
  },
  updateSession: {
    ...manages,
    method: 'PATCH',
    path: '/v1/sessions/{sessionId}',
    summary:
      'Change name, metadata (replaced as a whole), pacing, read receipts, what comes in, proxy or what happens to calls',
    idempotent: 'natural',
    params: sessionParams,
    body: z.strictObject({
      name: nameSchema.optional(),
      metadata: metadataSchema.optional(),
      ...sessionSettingsInput,
    }),
    responses: { 200: sessionSchema },
    faults: ['not_found'],
  },
  linkSession: {
    ...manages,
    method: 'POST',
    path: '/v1/sessions/{sessionId}/link',
    summary: 'Ask for a QR or a pairing code to link a phone',
    idempotent: 'natural',
    params: sessionParams,
    body: z.discriminatedUnion('method', [
      z.strictObject({ method: z.literal('qr') }),
      z.strictObject({ method: z.literal('code'), phone: z.string().max(40).meta({ example: '+5511999990001' }) }),
    ]),
    responses: { 202: sessionSchema },
    faults: ['not_found', 'session_already_linked', 'conflict'],
  },
  getLink: {
    ...reads,
    path: '/v1/sessions/{sessionId}/link',
    summary: 'The pairing code or QR on show',
    scopes: ['sessions:manage'],
    params: sessionParams,
    responses: { 200: linkSchema, 202: notReadySchema },
    faults: ['not_found', 'session_already_linked', 'session_state_conflict'],
  },
  getQr: {
    ...reads,
    path: '/v1/sessions/{sessionId}/qr',
    summary: 'The QR on show, as JSON, PNG or SVG (Accept)',
    description:
      'Not ready yet: 202 with Retry-After. A QR is replaced several times a minute; ETag names the one on show.',
    scopes: ['sessions:manage'],
    params: sessionParams,
    produces: ['image/png', 'image/svg+xml'],
    responses: { 200: qrSchema, 202: notReadySchema, 304: null },
    faults: ['not_found', 'not_acceptable', 'session_already_linked', 'session_state_conflict'],
  },
  startSession: {
    ...action,
    path: '/v1/sessions/{sessionId}/start',
    summary: 'Connect a stopped session',
    faults: ['not_found', 'session_not_linked'],
  },
  stopSession: {
    ...action,
    path: '/v1/sessions/{sessionId}/stop',
    summary: 'Disconnect; the phone stays linked, messages wait',
    faults: ['not_found', 'session_not_linked'],
  },
  restartSession: {
    ...action,
    path: '/v1/sessions/{sessionId}/restart',
    summary: 'Connect anew; also leaves quarantine',
    faults: ['not_found', 'session_not_linked'],
  },
  logoutSession: {
    ...action,
    path: '/v1/sessions/{sessionId}/logout',
    summary: 'Unlink the device from the phone',
    faults: ['not_found', 'session_not_linked'],
  },
  deleteSession: {
    ...manages,
    method: 'DELETE',
    path: '/v1/sessions/{sessionId}',
    summary: 'Unlink and delete a session',
    idempotent: 'natural',
    params: sessionParams,
    query: z.strictObject({
      logout: z.enum(['true', 'false']).default('true').meta({
        description:
          'false: the session goes, but the phone goes on showing the linked device until a person removes it there',
      }),
    }),
    responses: { 202: sessionSchema },
    faults: ['not_found'],
  },
} as const satisfies Record<string, Operation>
