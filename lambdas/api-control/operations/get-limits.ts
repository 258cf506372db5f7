import type { Handler } from '../../../shared/http/handler.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import { MediaQuota } from '../../../shared/store/media-quota.ts'
import { OpenStreams } from '../../../shared/store/open-streams.ts'
import { Quotas } from '../../../shared/store/quotas.ts'
import type { ControlServices } from '../services.ts'

const DAY_MS = 24 * 3600_000

export const getLimits =
  ({ tables }: ControlServices): Handler<'getLimits'> =>
  async (_input, { principal, scope, now }) => {
    const { limits, tenant } = principal
    const quotas = new Quotas(tables, scope)
    const [sessions, messages, mediaBytes, endpoints, streams] = await Promise.all([
      quotas.sessions(),
      quotas.messagesTaken(now),
      new MediaQuota(tables, scope).used(),
      new Endpoints(tables, scope).listAll(),
      new OpenStreams(tables, scope).count(now),
    ])
    return {
      status: 200,
      body: {
        plan: tenant.plan,
        mode: scope.mode,
        requests: { perSecond: limits.requestsPerSecond, burst: limits.requestBurst },
        keyRequests: { perSecond: limits.keyRequestsPerSecond, burst: limits.keyRequestBurst },
        sessions: { limit: limits.sessions, used: sessions },
        messagesPerDay: {
          limit: limits.messagesPerDay,
          used: messages,
          resetsAt: new Date((Math.floor(now / DAY_MS) + 1) * DAY_MS).toISOString(),
        },
        mediaBytes: { limit: limits.mediaBytes, used: mediaBytes },
        webhookEndpoints: { limit: limits.webhookEndpoints, used: endpoints.length },
        streams: { limit: limits.streams, used: streams },
        eventRetentionDays: limits.eventRetentionDays,
      },
    }
  }
