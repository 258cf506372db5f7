import * as z from 'zod'
import { DEFAULT_RATE_PER_SECOND } from '../core/endpoint-rate.ts'
import { OUTBOUND_STATUSES } from '../core/message-status.ts'
import { PACING_POLICIES } from '../core/pacing.ts'
import { RETRY_POLICIES } from '../core/retry-schedule.ts'
import { SESSION_STATUSES } from '../core/session-status.ts'

/**
 * Rows as they lie in DynamoDB. Times are epoch milliseconds, `v` is the version of the shape. A reader ignores fields it
 * does not know, so that old and new code run side by side during a deploy.
 */
export const modeSchema = z.enum(['live', 'test'])
const time = z.number().int().nonnegative()
const owned = { tenantId: z.string(), mode: modeSchema }

/** AES-256-GCM under the tenant's data key; `aad` binds it to its row (shared/crypto). Base64 text. */
export const sealedSchema = z.string().brand<'sealed'>()
export type Sealed = z.infer<typeof sealedSchema>

export const reasonSchema = z.object({
  code: z.string(),
  waCode: z.number().optional(),
  retryable: z.boolean(),
  nextAction: z.string(),
  since: time,
})

export const linkRequestSchema = z.discriminatedUnion('method', [
  z.object({ method: z.literal('qr'), requestedAt: time }),
  z.object({ method: z.literal('code'), phone: z.string(), requestedAt: time }),
])
export type LinkRequest = z.infer<typeof linkRequestSchema>

export const pacingSettingSchema = z.object({
  policy: z.enum(PACING_POLICIES),
  quietHours: z.object({ from: z.string(), to: z.string(), timeZone: z.string() }).nullable(),
})

export const sessionRowSchema = z.object({
  v: z.literal(1),
  ...owned,
  id: z.string(),
  name: z.string(),
  metadata: z.record(z.string(), z.string()),
  status: z.enum(SESSION_STATUSES),
  reason: reasonSchema.nullable(),
  /** E.164; null until linked, kept afterwards */
  phone: z.string().nullable(),
  lid: z.string().nullable(),
  pushName: z.string().nullable(),
  connectedAt: time.nullable(),
  loggedOutAt: time.nullable(),
  /** the link the tenant asked for last; a worker that opens an unlinked session follows it */
  link: linkRequestSchema.nullable(),
  /** new chats WhatsApp does not allow now (463): until when, and why; absent: never heard of one */
  restriction: z.object({ code: z.string(), until: time, since: time }).nullable().optional(),
  /** when a phone was linked last; absent: before this was recorded */
  linkedAt: time.nullable().optional(),
  /** absent: the default of the mode */
  pacing: pacingSettingSchema.nullable().optional(),
  createdAt: time,
  /** set when the tenant deleted it: the API answers 404 from then on, the rows go later */
  deletedAt: time.optional(),
  /** written by workers: IF stateEpoch <= :e */
  stateEpoch: z.number().int(),
})
export type SessionRow = z.infer<typeof sessionRowSchema>

export const DESIRED_STATES = ['RUNNING', 'STOPPED', 'LOGGED_OUT', 'DELETED'] as const
export type DesiredState = (typeof DESIRED_STATES)[number]

export const ownerSchema = z.object({ workerId: z.string(), incarnation: z.number().int() })
export type Owner = z.infer<typeof ownerSchema>

export const leaseRowSchema = z.object({
  v: z.literal(1),
  ...owned,
  sessionId: z.string(),
  owner: ownerSchema.nullable(),
  epoch: z.number().int(),
  desired: z.enum(DESIRED_STATES),
  /** true: the log is closed, all its effects are rows, nothing to open it for */
  settled: z.boolean(),
  /** bumped when the last allocation ended without an owner: execution names are burnt for 90 days */
  attempt: z.number().int(),
  crashes: z.number().int(),
  queueUrl: z.string().nullable(),
  /** worker that was asked to let it go: the next owner is another one if there is one */
  avoid: z.string().nullable().optional(),
})
export type LeaseRow = z.infer<typeof leaseRowSchema>

export const WORKER_STATUSES = ['STARTING', 'READY', 'DRAINING', 'DRAINED', 'DEAD'] as const
export type WorkerStatus = (typeof WORKER_STATUSES)[number]

export const workerRowSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  mode: modeSchema,
  incarnation: z.number().int(),
  status: z.enum(WORKER_STATUSES),
  /** counter: the reaper watches it change; at: the worker's own clock, for people */
  heartbeat: z.object({ counter: z.number().int(), at: time }),
  used: z.number().int(),
  capacity: z.number().int(),
  version: z.string(),
  queueUrl: z.string().nullable(),
  taskArn: z.string().nullable(),
  rssBytes: z.number().nullable(),
  replaying: z.string().nullable(),
  createdAt: time,
  /** memory that the task may use; absent on rows of older workers */
  memoryBytes: z.number().nullable().optional(),
  /** 99th percentile of the event loop's delay since the last beat */
  loopLagMs: z.number().nullable().optional(),
})
export type WorkerRow = z.infer<typeof workerRowSchema>

export const ROLLOUT_STATUSES = ['running', 'aborting', 'done', 'aborted', 'failed'] as const
export const rolloutRowSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  mode: modeSchema,
  /** workers of any other version are replaced */
  version: z.string(),
  waveSize: z.number().int(),
  status: z.enum(ROLLOUT_STATUSES),
  /** what the last step did or waits for */
  because: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
})
export type RolloutRow = z.infer<typeof rolloutRowSchema>

export const assignedRowSchema = z.object({
  v: z.literal(1),
  ...owned,
  sessionId: z.string(),
  epoch: z.number().int(),
  desired: z.enum(DESIRED_STATES),
  /** true: hand it over, another worker takes it (a move) */
  leave: z.boolean().optional(),
})
export type AssignedRow = z.infer<typeof assignedRowSchema>

export const addressSchema = z.object({
  contactId: z.string().nullable(),
  phone: z.string().nullable(),
  lid: z.string().nullable(),
  jid: z.string().nullable(),
  kind: z.enum(['user', 'group', 'status', 'channel', 'unknown']),
})
export type Address = z.infer<typeof addressSchema>

export const failureSchema = z.object({ code: z.string(), message: z.string(), retryable: z.boolean() })
export type Failure = z.infer<typeof failureSchema>

export const messageRowSchema = z.object({
  v: z.literal(1),
  ...owned,
  id: z.string(),
  sessionId: z.string(),
  direction: z.enum(['outbound', 'inbound']),
  type: z.string(),
  status: z.enum([...OUTBOUND_STATUSES, 'received']),
  chat: addressSchema,
  from: addressSchema,
  to: addressSchema,
  /** sealed JSON of the type's own part, e.g. {"text":{"body":"Hello"}} */
  content: sealedSchema,
  metadata: z.record(z.string(), z.string()),
  whatsappId: z.string(),
  requestHash: z.string().nullable(),
  failure: failureSchema.nullable(),
  createdAt: time,
  expiresAt: time.nullable(),
  sentAt: time.nullable(),
  deliveredAt: time.nullable(),
  readAt: time.nullable(),
  receivedAt: time.nullable(),
  delayedUntil: time.nullable(),
  retry: z.enum(['standard', 'atMostOnce']),
  /** fencing and claiming, see protocol §6 */
  epoch: z.number().int(),
  claimToken: z.string().nullable(),
  attempts: z.number().int(),
  /** sealed wire form (encoded WhatsApp message), stored once before it goes out */
  proto: sealedSchema.optional(),
  /** sort key of the OPEN row; null for inbound */
  openKey: z.string().nullable(),
})
export type MessageRow = z.infer<typeof messageRowSchema>

export const openRowSchema = z.object({
  v: z.literal(1),
  messageId: z.string(),
  notBefore: time,
  expiresAt: time,
  /** phone, LID or jid of the recipient: the pace is decided before the message is claimed. Absent in older rows */
  chat: z.string().optional(),
})
export type OpenRow = z.infer<typeof openRowSchema> & { readonly sk: string }

export const eventRowSchema = z.object({
  v: z.literal(1),
  ...owned,
  id: z.string(),
  type: z.string(),
  sessionId: z.string().nullable(),
  sequence: z.number().int().nullable(),
  timestamp: time,
  /** sealed JSON of the event's data */
  data: sealedSchema,
  /** endpoint that an operational event is about: it is told to the others only */
  aboutEndpointId: z.string().optional(),
})
export type EventRow = z.infer<typeof eventRowSchema>

export const ENDPOINT_STATUSES = ['active', 'paused', 'disabled'] as const

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
  secrets: z.array(z.object({ sealed: sealedSchema, createdAt: time, expiresAt: time.nullable() })),
  /** +1 per rotation: two at once cannot lose a secret that somebody was given */
  rotations: z.number().int().default(0),
  /** empty: all */
  sessions: z.array(z.string()).default([]),
  /** contact ids, phones or jids; empty: all. Events without a chat pass */
  chats: z.array(z.string()).default([]),
  payload: z.enum(['full', 'thin']).default('full'),
  ordering: z.enum(['none', 'session']).default('none'),
  retry: z.enum(RETRY_POLICIES).default('standard'),
  /** older events are not posted any more: `expired` */
  maxAgeSeconds: z.number().int().nullable().default(null),
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
})
export type AttemptRow = z.infer<typeof attemptRowSchema>
export type NewAttemptRow = z.input<typeof attemptRowSchema>
