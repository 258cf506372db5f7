import type { LimitName } from '../core/plans.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import type { TenantKeys } from '../crypto/tenant-keys.ts'
import type { Log } from '../log/log.ts'
import { emitMetrics } from '../log/metrics.ts'
import { Events } from '../store/events.ts'
import { limitToldKey } from '../store/keys.ts'
import { transact } from '../store/table.ts'
import type { Tables } from '../store/tables.ts'
import { makeControlEvent, publishCalmly } from './control-events.ts'
import type { EventSink } from './event-sink.ts'

const HOUR_MS = 3600_000
const DAY_MS = 24 * HOUR_MS
const MAXIMUM_REMEMBERED = 10_000

/** How often a tenant is told: rates come and go, quotas stay reached until somebody acts. */
const WINDOW_MS: Readonly<Record<LimitName, number>> = {
  requestsPerSecond: HOUR_MS,
  requestBurst: HOUR_MS,
  keyRequestsPerSecond: HOUR_MS,
  keyRequestBurst: HOUR_MS,
  sessions: DAY_MS,
  messagesPerDay: DAY_MS,
  mediaBytes: DAY_MS,
  webhookEndpoints: DAY_MS,
  streams: HOUR_MS,
  eventRetentionDays: DAY_MS,
}

export interface ReachedLimit {
  readonly name: LimitName
  readonly maximum: number
  readonly keyId?: string
}

/** Tells a tenant that it reached a limit: the event limit.reached, once per limit (and key) and window. */
export class LimitEvents {
  readonly #parts: { tables: Tables; tenantKeys: TenantKeys; sink: EventSink; log: Log }
  /** limit → window that was told already, by whomever: no write per refused request */
  readonly #told = new Map<string, number>()

  constructor(parts: { tables: Tables; tenantKeys: TenantKeys; sink: EventSink; log: Log }) {
    this.#parts = parts
  }

  /** Awaited before the refusal is answered: a lambda does nothing after it. Never throws. */
  async tell(scope: TenantScope, limit: ReachedLimit, now: number): Promise<void> {
    const windowMs = WINDOW_MS[limit.name]
    const start = Math.floor(now / windowMs) * windowMs
    const bucket = limit.keyId ? `${limit.name}#${limit.keyId}` : limit.name
    const remembered = `${scope.prefix}${bucket}`
    if (this.#told.get(remembered) === start) return
    try {
      await this.#write(scope, bucket, limit, { now, start, end: start + windowMs })
      if (this.#told.size >= MAXIMUM_REMEMBERED) this.#told.clear()
      this.#told.set(remembered, start)
    } catch (error) {
      this.#parts.log.warn({ err: error, tenantId: scope.tenantId, limit: limit.name }, 'limit.reached not told')
      emitMetrics({ limit_event_failed_count: [1, 'Count'] })
    }
  }

  /** The row of the window and the event are one transaction: told once, whoever crashes. */
  async #write(
    scope: TenantScope,
    bucket: string,
    { name, maximum, keyId }: ReachedLimit,
    { now, start, end }: { now: number; start: number; end: number },
  ): Promise<void> {
    const { tables, tenantKeys, sink, log } = this.#parts
    const event = await makeControlEvent(tenantKeys, scope, {
      type: 'limit.reached',
      sessionId: null,
      data: {
        limit: { name, maximum, keyId: keyId ?? null },
        window: { start: new Date(start).toISOString(), end: new Date(end).toISOString() },
      },
      now,
    })
    const result = await transact(tables.client, [
      {
        table: tables.ephemeral.name,
        put: { ...limitToldKey(scope, bucket, new Date(start).toISOString()), v: 1, ttl: Math.ceil(end / 1000) + 3600 },
        condition: { expression: 'attribute_not_exists(pk)' },
      },
      new Events(tables, scope).controlLeg(event),
    ])
    // A conflict: somebody else tells it at this moment. A failed condition: it was told.
    if (result.outcome === 'written') await publishCalmly(sink, log, [event])
  }
}
