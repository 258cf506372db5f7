import * as z from 'zod'
import { INBOUND_KINDS } from '../core/inbound-filter.ts'
import { LOG_FAULTS } from '../core/log-fault.ts'
import { PACING_POLICIES } from '../core/pacing.ts'
import { isTimeOfDay, isTimeZone } from '../core/pacing-setting.ts'
import { READ_RECEIPTS } from '../core/read-receipts.ts'
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

const READ_RECEIPTS_TEXT =
  'manual: when you ask for it (POST /v1/messages/{id}/read); onReceive: as soon as a message came in; never: not even when you ask'

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

const timeOfDay = z.string().refine(isTimeOfDay, 'Not a time of day, HH:MM').meta({ example: '22:00' })

const pacingSchema = z
  .object({
    policy: z.enum(PACING_POLICIES).meta({ description: 'How fast messages leave; docs/pacing.md has the numbers' }),
    quietHours: z
      .object({ from: z.string(), to: z.string(), timeZone: z.string().meta({ example: 'America/Sao_Paulo' }) })
      .nullable(),
    typing: z.boolean().meta({ description: 'Show typing before a text, recording before a voice note: 1 to 6 s' }),
  })
  .meta({ id: 'Pacing' })

const pacingInput = z.strictObject({
  policy: z.enum(PACING_POLICIES).meta({ example: 'human' }),
  quietHours: z
    .strictObject({
      from: timeOfDay,
      to: timeOfDay,
      timeZone: z.string().max(60).refine(isTimeZone, 'Not an IANA time zone').meta({ example: 'America/Sao_Paulo' }),
    })
    .nullable()
    .default(null),
  typing: z.boolean().default(false),
})

const autoReject = z.boolean().meta({ description: 'Reject calls at once; call.received is told all the same' })
const callsSchema = z.object({ autoReject }).meta({ id: 'CallSettings' })
const callsInput = z.strictObject({ autoReject })

const INBOUND_TEXT =
  'Messages that come in and are left alone: no message, no event, no file. They do not come later either (docs/inbound.md)'
const ignored = z.array(z.enum(INBOUND_KINDS))
const inboundSchema = z.object({ ignore: ignored }).meta({ id: 'InboundSettings' })
const inboundInput = z.strictObject({
  ignore: ignored.max(10).meta({
    description: 'groups: what comes in groups; statuses: what contacts post',
    example: ['groups', 'statuses'],
  }),
})

const PROXY_TEXT =
  'HTTP proxy of its own, for its connection and its files: it wins over those of the deployment. null: none (docs/proxy.md)'
const proxySchema = z
  .object({
    url: z.string().meta({ description: 'Without its credentials', example: 'http://***@proxy.example.com:3128' }),
  })
  .meta({ id: 'Proxy' })
const proxyInput = z
  .strictObject({
    url: z.string().max(2_000).meta({ format: 'uri', example: 'http://user:password@proxy.example.com:3128' }),
  })
  .nullable()

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
    pacing: pacingSchema,
    calls: callsSchema,
    inbound: inboundSchema.meta({ description: INBOUND_TEXT }),
    proxy: proxySchema.nullable().meta({ description: PROXY_TEXT }),
    readReceipts: z.enum(READ_RECEIPTS).meta({ description: READ_RECEIPTS_TEXT }),
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
      pacing: pacingInput.optional(),
      calls: callsInput.optional(),
      inbound: inboundInput.optional().meta({ description: INBOUND_TEXT }),
      proxy: proxyInput.optional().meta({ description: PROXY_TEXT }),
      readReceipts: z.enum(READ_RECEIPTS).optional().meta({ description: READ_RECEIPTS_TEXT }),
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
      pacing: pacingInput.optional(),
      calls: callsInput.optional(),
      inbound: inboundInput.optional().meta({ description: INBOUND_TEXT }),
      proxy: proxyInput.optional().meta({ description: PROXY_TEXT }),
      readReceipts: z.enum(READ_RECEIPTS).optional().meta({ description: READ_RECEIPTS_TEXT }),
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
    responses: { 202: sessionSchema },
    faults: ['not_found'],
  },
} as const satisfies Record<string, Operation>
