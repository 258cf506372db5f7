import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import { startTestCloud } from '../../../local/cloud/testing/cloud.ts'
import { makeKMSClient } from '../../../shared/aws/kms.ts'
import { eventIdOf, newId } from '../../../shared/core/ids.ts'
import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import { TenantKeys } from '../../../shared/crypto/tenant-keys.ts'
import { makeGuardedAgent } from '../../../shared/egress/guarded-agent.ts'
import { parseEgressRules } from '../../../shared/egress/url-rules.ts'
import { type PipelineHint, scopeOf } from '../../../shared/events/queue-envelopes.ts'
import { Deliveries } from '../../../shared/store/deliveries.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import { type EventRef, Events, refOf } from '../../../shared/store/events.ts'
import { endpointSecretPlace, eventDataPlace } from '../../../shared/store/places.ts'
import { Replays } from '../../../shared/store/replays.ts'
import type { EventRow } from '../../../shared/store/rows/message.ts'
import type { NewEndpointRow, ReplayRow } from '../../../shared/store/rows/webhook.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import { transact } from '../../../shared/store/table.ts'
import { openTables } from '../../../shared/store/tables.ts'
import { BLANK_SESSION } from '../../../shared/store/testing/blank-session.ts'
import { MinuteCounter } from '../../../shared/usage/minute-counter.ts'
import { postWebhook } from '../../../shared/webhooks/post-webhook.ts'
import { requeueDueDeliveries } from '../../sweeper/operations/requeue-due-deliveries.ts'
import { wakeEndpoints } from '../../sweeper/operations/wake-endpoints.ts'
import { fanOutEvent } from '../../webhook-fanout/fan-out-event.ts'
import { deliver } from '../deliver.ts'
import type { DeliverDependencies } from '../dependencies.ts'
import { runReplay } from '../run-replay.ts'
import { wakeEndpoint } from '../wake-endpoint.ts'

export const TEST_SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The pipeline over real emulators and a real receiver, with a clock and a queue that the test holds in its hands. */
export const startPipeline = async () => {
  const cloud = await startTestCloud()
  cloud.apply()
  const tables = openTables()
  const tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: 'alias/fleetline' })
  const agent = makeGuardedAgent(parseEgressRules({ cidrs: '127.0.0.0/8', http: 'true' }))
  const state = {
    now: Date.now(),
    scope: TenantScope.fromVerified('systemRow', { tenantId: newId('ten'), mode: 'test' }),
    received: [] as Received[],
    /** hints with the time at which the queue gives them out */
    queue: [] as { hint: PipelineHint; at: number }[],
    published: [] as EventRow[],
    answer: (_: Received, response: ServerResponse): void => void response.writeHead(200).end('thanks'),
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const got = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() }
      state.received.push(got)
      state.answer(got, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`

  const enqueue = (hint: PipelineHint, delaySeconds: number): void =>
    void state.queue.push({ hint, at: state.now + delaySeconds * 1000 })
  const attempts = new MinuteCounter({ tables, log: pino({ level: 'silent' }), what: 'webhookAttempts' })
  const dependencies: DeliverDependencies = {
    tables,
    tenantKeys,
    post: (input) => postWebhook({ ...input, dispatcher: agent }),
    enqueue: async (hint, delaySeconds) => enqueue(hint, delaySeconds),
    publish: async (events) => void state.published.push(...events),
    count: (scope, now) => attempts.count(scope, now),
    now: () => state.now,
    random: () => 0.5,
  }

  const endpoint = async (fields: Partial<NewEndpointRow> = {}): Promise<string> => {
    const id = newId('whk', state.now)
    const sealed = await tenantKeys.seal(state.scope, endpointSecretPlace(id), TEST_SECRET)
    const leg = new Endpoints(tables, state.scope).createLeg({
      v: 1,
      tenantId: state.scope.tenantId,
      mode: 'test',
      id,
      url,
      events: ['message.*'],
      description: '',
      status: 'active',
      statusReason: null,
      secrets: [{ sealed, createdAt: state.now, expiresAt: null }],
      createdAt: state.now,
      ...fields,
    })
    await transact(tables.client, [leg])
    return id
  }

  const writeEvent = async (
    fields: { type?: string; sessionId?: string; sequence?: number; data?: unknown } = {},
  ): Promise<EventRef> => {
    const { type = 'message.received', sessionId = newId('ses'), sequence = 1 } = fields
    const id = eventIdOf(sessionId, sequence, state.now)
    const data = await tenantKeys.seal(state.scope, eventDataPlace(id), fields.data ?? { message: { text: 'Hi' } })
    const row = {
      v: 1 as const,
      tenantId: state.scope.tenantId,
      mode: 'test' as const,
      id,
      type,
      sessionId,
      sequence,
      timestamp: state.now,
      data,
    }
    await new Events(tables, state.scope).put(row)
    return refOf(row)
  }

  /** A session that lists find: replays of missed events go through them. */
  const writeSession = async (): Promise<string> => {
    const id = newId('ses', state.now)
    const leg = new Sessions(tables, state.scope).createLeg({
      v: 1,
      tenantId: state.scope.tenantId,
      mode: 'test',
      id,
      name: 'Line',
      ...BLANK_SESSION,
      status: 'connected',
      createdAt: state.now,
    })
    await transact(tables.client, [leg])
    return id
  }

  /** A replay of the last hour, not rung yet. */
  const writeReplay = async (endpointId: string, select: ReplayRow['select'], types: string[] = []) => {
    const names = { tenantId: state.scope.tenantId, mode: 'test', endpointId } as const
    const row: ReplayRow = {
      v: 1,
      ...names,
      id: newId('rpl', state.now),
      select,
      since: state.now - 3_600_000,
      until: state.now,
      types,
      status: 'running',
      examined: 0,
      enqueued: 0,
      position: null,
      version: 0,
      createdAt: state.now,
      completedAt: null,
    }
    const replays = new Replays(tables, state.scope)
    await transact(tables.client, [replays.createLeg(row)])
    const hint = { v: 1, kind: 'replay', ...names, replayId: row.id } as const
    return { row, hint, read: () => replays.get(endpointId, row.id) }
  }

  const fanOut = (ref: EventRef) =>
    fanOutEvent(
      {
        tables,
        tenantKeys,
        now: () => state.now,
        enqueue: async (hints) => void hints.map((hint) => enqueue(hint, 0)),
      },
      state.scope,
      ref,
    )

  const handle = (hint: PipelineHint, using = dependencies): Promise<unknown> => {
    const scope = scopeOf(hint)
    if (!('kind' in hint)) return deliver(using, scope, hint)
    return hint.kind === 'wake' ? wakeEndpoint(using, scope, hint) : runReplay(using, scope, hint)
  }

  /** Works off what the queue gives out now, in order; what comes in meanwhile too. @returns how many hints it handled */
  const drain = async (limit = 1000): Promise<number> => {
    for (let handled = 0; handled < limit; handled++) {
      const next = state.queue.findIndex(({ at }) => at <= state.now)
      if (next === -1) return handled
      const [taken] = state.queue.splice(next, 1)
      await handle(taken!.hint)
    }
    throw new Error(`the queue is not empty after ${limit} hints`)
  }
  const pass = async (seconds: number): Promise<number> => {
    state.now += seconds * 1000
    return drain()
  }

  /** What the sweeper finds and rings for this tenant. */
  const sweep = async (): Promise<void> => {
    const own = (hints: readonly PipelineHint[]) => hints.filter(({ tenantId }) => tenantId === state.scope.tenantId)
    const ring = async (hints: readonly PipelineHint[]) => own(hints).map((hint) => enqueue(hint, 0))
    await requeueDueDeliveries(tables, ring, state.now)
    await wakeEndpoints(tables, ring, state.now)
    await drain()
  }

  return {
    state,
    sweep,
    tables,
    tenantKeys,
    url,
    dependencies,
    endpoint,
    writeEvent,
    writeSession,
    writeReplay,
    fanOut,
    handle,
    drain,
    pass,
    enqueue,
    answerWith: (status: number, headers: Record<string, string> = {}) => {
      state.answer = (_, response) => void response.writeHead(status, headers).end('answer')
    },
    /** newest first */
    ledger: async (endpointId: string) =>
      (await new Deliveries(tables, state.scope).list(endpointId, { limit: 200 })).items,
    /** a tenant of its own, an empty queue, a friendly receiver */
    reset: () => {
      state.scope = TenantScope.fromVerified('systemRow', { tenantId: newId('ten'), mode: 'test' })
      state.received = []
      state.queue = []
      state.published = []
      state.answer = (_, response) => void response.writeHead(200).end('thanks')
    },
    stop: async () => {
      await agent.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      tables.client.destroy()
      await cloud.stop()
    },
  }
}

export type Pipeline = Awaited<ReturnType<typeof startPipeline>>
