import * as z from 'zod'
import { DEFAULT_RATE_PER_SECOND } from '../../core/endpoint-rate.ts'
import { RETRY_POLICIES } from '../../core/retry-schedule.ts'
import { SIGNING_SCHEMES } from '../../core/webhook-signature.ts'
import { owned, sealedSchema, time } from './fields.ts'

export const ENDPOINT_STATUSES = ['active', 'paused', 'disabled'] as const

export const ORDERINGS = ['none', 'session'] as const

export const endpointRowSchema = z.object({
  v: z.literal(1),
  ...owned,
  id: z.string(),
  url: z.string(),
  /** exact types, `area.*`, or `*` */
  events: z.array(z.string()),
  description: z.string(),
  status: z.enum(ENDPOINT_STATUSES),
  /** why it is disabled, for people; null while it is not */
  statusReason: z.string().nullable(),
  /** newest first, at most three; sealed `whsec_…` at place `WH#<id>`; expiresAt null = the current one */
  secrets: z.array(
    z.object({
      sealed: sealedSchema,
      createdAt: time,
      expiresAt: time.nullable(),
      /** `whpk_…`; null in rows from before Ed25519 until it is switched on */
      publicKey: z.string().nullable().default(null),
    }),
  ),
  /** +1 per rotation: two at once cannot lose a secret that somebody was given */
  rotations: z.number().int().default(0),
  /** empty: all */
  sessions: z.array(z.string()).default([]),
  /** contact ids, phones or jids; empty: all. Events without a chat pass */
  chats: z.array(z.string()).default([]),
  payload: z.enum(['full', 'thin']).default('full'),
  retry: z.enum(RETRY_POLICIES).default('standard'),
  /** older events are not posted any more: `expired` */
  maxAgeSeconds: z.number().int().nullable().default(null),
  signing: z.enum(SIGNING_SCHEMES).default('hmac'),
  /** session: one delivery per session at a time, in the order of the log */
  ordering: z.enum(ORDERINGS).default('none'),
  /** since when `ordering` is `session`: older events are not waited for */
  orderedSince: time.nullable().default(null),
  /** ceiling of the rate */
  ratePerSecond: z.number().int().default(DEFAULT_RATE_PER_SECOND),
  createdAt: time,
})
export type EndpointRow = z.infer<typeof endpointRowSchema>
export type NewEndpointRow = z.input<typeof endpointRowSchema>

/** Beside the endpoint, a plain row: losing an update of it costs a late breaker, never a delivery (protocol §7). */
export const endpointHealthRowSchema = z.object({
  v: z.literal(1),
  endpointId: z.string(),
  version: z.number().int(),
  breaker: z.object({
    state: z.enum(['closed', 'open']),
    consecutiveFailures: z.number().int(),
    window: z.object({ startedAt: time, failures: z.number().int(), successes: z.number().int() }).nullable(),
    openedAt: time.nullable(),
    probeAt: time.nullable(),
    probeIntervalSeconds: z.number(),
    probeSuccesses: z.number().int(),
    failingSince: time.nullable(),
    warnings: z.number().int(),
  }),
  rate: z.object({ ratePerSecond: z.number().nullable(), successesAtRate: z.number().int() }),
  /** held deliveries are being let go since then; null: nothing to let go */
  releaseSince: time.nullable(),
})
export type EndpointHealthRow = z.infer<typeof endpointHealthRowSchema>

export const REPLAY_SELECTIONS = ['failed', 'held', 'missed', 'all'] as const

/** A replay job: durable, goes on page by page from `position`. */
export const replayRowSchema = z.object({
  v: z.literal(1),
  ...owned,
  id: z.string(),
  endpointId: z.string(),
  select: z.enum(REPLAY_SELECTIONS),
  since: time,
  until: time,
  types: z.array(z.string()),
  status: z.enum(['running', 'completed', 'canceled']),
  examined: z.number().int(),
  enqueued: z.number().int(),
  position: z.record(z.string(), z.unknown()).nullable(),
  version: z.number().int(),
  createdAt: time,
  completedAt: time.nullable(),
})
export type ReplayRow = z.infer<typeof replayRowSchema>

export const DELIVERY_STATUSES = [
  'pending',
  'inFlight',
  'retrying',
  'delivered',
  'exhausted',
  'held',
  'expired',
  'canceled',
] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

/** Closed list of what can go wrong with an attempt; never holds an address (platform-facts §1.4). */
export const ATTEMPT_ERRORS = [
  'dns_failed',
  'blocked_address',
  'connect_refused',
  'tls_failed',
  'timeout',
  'reset',
  'http_status',
] as const
export type AttemptError = (typeof ATTEMPT_ERRORS)[number]

export const HELD_REASONS = ['paused', 'disabled', 'failing'] as const
export type HeldReason = (typeof HELD_REASONS)[number]

export const deliveryRowSchema = z.object({
  v: z.literal(1),
  ...owned,
  id: z.string(),
  endpointId: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  sessionId: z.string().nullable(),
  sequence: z.number().int().nullable(),
  /** UTC day of the event */
  day: z.string(),
  generation: z.number().int(),
  status: z.enum(DELIVERY_STATUSES),
  attempts: z.number().int(),
  nextAttemptAt: time.nullable(),
  /** while inFlight: until when the claim holds */
  leaseUntil: time.nullable(),
  lastError: z.enum(ATTEMPT_ERRORS).nullable(),
  lastStatus: z.number().int().nullable(),
  /** absent until the first attempt, and in rows from before this field */
  firstAttemptAt: time.optional(),
  /** why it is held */
  heldReason: z.enum(HELD_REASONS).nullable().default(null),
  /** a slot of the endpoint's rate that was taken for the next attempt */
  slotAt: time.nullable().default(null),
  /** a person asked for it: goes out although the breaker is open */
  manual: z.boolean().default(false),
  /** replay job that opened this generation */
  replayId: z.string().nullable().default(null),
  createdAt: time,
  completedAt: time.nullable(),
})
export type DeliveryRow = z.infer<typeof deliveryRowSchema>
export type NewDeliveryRow = z.input<typeof deliveryRowSchema>

export const attemptRowSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  deliveryId: z.string(),
  number: z.number().int(),
  at: time,
  durationMs: z.number(),
  httpStatus: z.number().int().nullable(),
  error: z.enum(ATTEMPT_ERRORS).nullable(),
  /** first 16 kB of the answer */
  responseBody: z.string().nullable(),
  url: z.string().nullable().default(null),
  /** signatures are masked */
  requestHeaders: z.record(z.string(), z.string()).default({}),
  responseHeaders: z.record(z.string(), z.string()).default({}),
  /** until the status line; null: none came */
  firstByteMs: z.number().nullable().default(null),
  /** null: none was made, or the row is older than the field */
  connection: z
    .object({
      address: z.string(),
      dnsMs: z.number().nullable(),
      connectMs: z.number().nullable(),
      tlsMs: z.number().nullable(),
    })
    .nullable()
    .default(null),
  /** when url, headers and body were removed on request */
  expungedAt: time.nullable().default(null),
})
export type AttemptRow = z.infer<typeof attemptRowSchema>
export type NewAttemptRow = z.input<typeof attemptRowSchema>
