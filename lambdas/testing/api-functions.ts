import type { ApiFunction } from '../../shared/contract/operation.ts'
import type { Mode } from '../../shared/core/tenant-scope.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { makeGuardedAgent } from '../../shared/egress/guarded-agent.ts'
import type { EgressRules } from '../../shared/egress/url-rules.ts'
import type { EventSink } from '../../shared/events/event-sink.ts'
import type { PipelineHint } from '../../shared/events/queue-envelopes.ts'
import type { Bell } from '../../shared/events/ring.ts'
import { type ApiDependencies, makeApi } from '../../shared/http/api.ts'
import type { ProxyEvent, ProxyResult } from '../../shared/http/gateway.ts'
import type { MediaStore } from '../../shared/media/media-store.ts'
import { MinuteCounter } from '../../shared/usage/minute-counter.ts'
import { postWebhook } from '../../shared/webhooks/post-webhook.ts'
import { makeControlHandlers } from '../api-control/handlers.ts'
import { makeKeyHandlers } from '../api-keys/handlers.ts'
import { makeMessageHandlers } from '../api-messages/handlers.ts'
import { MessageQuota } from '../api-messages/message-quota.ts'
import { makeOperationHandlers } from '../api-operations/handlers.ts'
import { makeStreamHandlers } from '../api-stream/handlers.ts'
import { makeTestHandlers } from '../api-test/handlers.ts'
import { Simulator } from '../api-test/simulator.ts'
import type { TestApiOptions } from './test-api-options.ts'

/** Every API function, made as its entry makes it; what it would order elsewhere is written down instead. */
export const makeApiFunctions = (input: {
  dependencies: ApiDependencies
  bell: Bell
  egressRules: EgressRules
  mediaStore: MediaStore
  tenantKeys: TenantKeys
  sink: EventSink
  rung: PipelineHint[]
  fetches: string[]
  rolloutsStarted: { mode: Mode; rolloutId: string }[]
  /** of the simulator; null: there is none */
  controlUrl: string | null
  /** handlers of api-control in place of the real ones */
  replace: NonNullable<TestApiOptions['replace']>
}): Record<ApiFunction, (event: ProxyEvent) => Promise<ProxyResult>> => {
  const { dependencies, bell, egressRules, mediaStore, tenantKeys, sink, rung, fetches, rolloutsStarted } = input
  const { tables, readSecret, log } = dependencies
  const dispatcher = makeGuardedAgent(egressRules)
  const attempts = new MinuteCounter({ tables, log, what: 'webhookAttempts' })
  const simulator = input.controlUrl === null ? null : new Simulator(input.controlUrl)
  return {
    'api-control': makeApi(
      'api-control',
      {
        ...makeControlHandlers({
          tables,
          tenantKeys,
          bell,
          sink,
          egressRules,
          ringPipeline: async (hints) => void rung.push(...hints),
          post: (input) => postWebhook({ ...input, dispatcher }),
          countAttempt: (scope, now) => attempts.count(scope, now),
          version: 'test',
          log,
        }),
        ...input.replace,
      },
      dependencies,
    ),
    'api-messages': makeApi(
      'api-messages',
      makeMessageHandlers({
        tables,
        tenantKeys,
        bell,
        quota: new MessageQuota(tables),
        media: {
          store: mediaStore,
          egressRules,
          orderFetch: async (_scope, mediaId) => void fetches.push(mediaId),
        },
        sink,
        log,
        docsBaseUrl: dependencies.docsBaseUrl,
      }),
      dependencies,
    ),
    'api-keys': makeApi(
      'api-keys',
      makeKeyHandlers({
        tables,
        readSecret,
        bell,
        deployedVersion: 'v2',
        startRolloutMachine: async (input) => void rolloutsStarted.push(input),
      }),
      dependencies,
    ),
    'api-stream': makeApi(
      'api-stream',
      makeStreamHandlers({ tables, tenantKeys }, () => undefined),
      dependencies,
    ),
    'api-operations': makeApi(
      'api-operations',
      // No worker answers here unless a test is one.
      makeOperationHandlers({ tables, tenantKeys, bell, defaultWaitSeconds: 0 }),
      dependencies,
    ),
    'api-test': makeApi('api-test', makeTestHandlers({ tables, simulator }), dependencies),
  }
}
