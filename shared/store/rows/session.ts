import * as z from 'zod'
import { knownKinds } from '../../core/inbound-filter.ts'
import { LOG_FAULTS } from '../../core/log-fault.ts'
import { PACING_POLICIES } from '../../core/pacing.ts'
import { READ_RECEIPTS } from '../../core/read-receipts.ts'
import { SESSION_STATUSES } from '../../core/session-status.ts'
import { owned, sealedSchema, time } from './fields.ts'

export const reasonSchema = z.object({
  code: z.string(),
  waCode: z.number().optional(),
  fault: z.enum(LOG_FAULTS).optional().catch(undefined),
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
  /** absent: no typing is shown */
  typing: z.boolean().optional(),
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
  /** what happens to incoming calls; absent: they ring */
  calls: z.object({ autoReject: z.boolean() }).nullable().optional(),
  /** which messages that come in make nothing; absent: none. A kind of a newer version is passed over */
  inbound: z
    .object({ ignore: z.array(z.string()).transform(knownKinds) })
    .nullable()
    .optional(),
  /** its own way out: the URL with its credentials sealed, and as people see it; absent: the deployment's */
  proxy: z.object({ sealed: sealedSchema, shown: z.string() }).nullable().optional(),
  /** absent: manual */
  readReceipts: z.enum(READ_RECEIPTS).optional(),
  createdAt: time,
  /** set when the tenant deleted it: the API answers 404 from then on, the rows go later */
  deletedAt: time.optional(),
  /** deleted without unlinking: the phone goes on showing the device; absent: it is unlinked */
  keepsDevice: z.boolean().optional(),
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
  /** versions of workers that cannot read its log: written by a newer one */
  refusedVersions: z.array(z.string()).optional(),
})
export type LeaseRow = z.infer<typeof leaseRowSchema>

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
