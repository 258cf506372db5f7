/**
 * Limits of a tenant. Every one is per mode (a test fleet never eats the live quota), except that the request rates are
 * of the whole tenant and mode.
 */
export interface TenantLimits {
  /** API requests per second of all keys together, sustained */
  readonly requestsPerSecond: number
  /** how many requests may come at once */
  readonly requestBurst: number
  /** the same of one key: one runaway client leaves room for the others */
  readonly keyRequestsPerSecond: number
  readonly keyRequestBurst: number
  readonly sessions: number
  /** accepted outbound messages per UTC day */
  readonly messagesPerDay: number
  readonly mediaBytes: number
  readonly webhookEndpoints: number
  /** live streams that are open at the same time */
  readonly streams: number
  /** how long events, and what the ledger says of their deliveries, are kept */
  readonly eventRetentionDays: number
}
export type LimitName = keyof TenantLimits

export const PLAN_NAMES = ['trial', 'standard', 'business', 'enterprise'] as const
export type PlanName = (typeof PLAN_NAMES)[number]

const GIB = 1024 ** 3

export const PLANS: Readonly<Record<PlanName, TenantLimits>> = {
  trial: {
    requestsPerSecond: 10,
    requestBurst: 40,
    keyRequestsPerSecond: 10,
    keyRequestBurst: 40,
    sessions: 5,
    messagesPerDay: 1_000,
    mediaBytes: GIB,
    webhookEndpoints: 5,
    streams: 5,
    eventRetentionDays: 7,
  },
  standard: {
    requestsPerSecond: 200,
    requestBurst: 600,
    keyRequestsPerSecond: 150,
    keyRequestBurst: 450,
    sessions: 1_000,
    messagesPerDay: 1_000_000,
    mediaBytes: 100 * GIB,
    webhookEndpoints: 50,
    streams: 20,
    eventRetentionDays: 30,
  },
  business: {
    requestsPerSecond: 500,
    requestBurst: 2_000,
    keyRequestsPerSecond: 400,
    keyRequestBurst: 1_600,
    sessions: 5_000,
    messagesPerDay: 5_000_000,
    mediaBytes: 1024 * GIB,
    webhookEndpoints: 50,
    streams: 100,
    eventRetentionDays: 90,
  },
  enterprise: {
    requestsPerSecond: 2_000,
    requestBurst: 10_000,
    keyRequestsPerSecond: 2_000,
    keyRequestBurst: 10_000,
    sessions: 20_000,
    messagesPerDay: 50_000_000,
    mediaBytes: 10 * 1024 * GIB,
    webhookEndpoints: 50,
    streams: 500,
    eventRetentionDays: 365,
  },
}

/** What no tenant gets, whatever its plan and its own limits say: the ceilings of one cell. */
export const PLATFORM_CEILINGS: TenantLimits = {
  requestsPerSecond: 5_000,
  requestBurst: 20_000,
  keyRequestsPerSecond: 5_000,
  keyRequestBurst: 20_000,
  sessions: 50_000,
  messagesPerDay: 100_000_000,
  mediaBytes: 100 * 1024 * GIB,
  webhookEndpoints: 50,
  streams: 1000,
  eventRetentionDays: 730,
}

export const LIMIT_NAMES = Object.keys(PLATFORM_CEILINGS) as LimitName[]
const DEFAULT_PLAN: PlanName = 'standard'

/**
 * The limits that hold for a tenant: those of its plan, replaced by its own where it has some, never above the platform's
 * ceilings. A plan that this version does not know counts as standard: a rolled-back deploy must not lock a tenant out.
 */
export const limitsOf = (tenant: {
  readonly plan: string
  readonly limits?: Readonly<Partial<TenantLimits>>
}): TenantLimits => {
  const plan = PLANS[tenant.plan as PlanName] ?? PLANS[DEFAULT_PLAN]
  return Object.fromEntries(
    LIMIT_NAMES.map((name) => [name, Math.min(tenant.limits?.[name] ?? plan[name], PLATFORM_CEILINGS[name])]),
  ) as unknown as TenantLimits
}
