import pino from 'pino'
import { startTestCloud } from '../../local/cloud/testing/cloud.ts'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { makeS3Client } from '../../shared/aws/s3.ts'
import { CreateQueueCommand, DeleteMessageCommand, makeSQSClient, ReceiveMessageCommand } from '../../shared/aws/sqs.ts'
import { makeAdminKey } from '../../shared/core/api-key.ts'
import { newId } from '../../shared/core/ids.ts'
import type { SessionStatus } from '../../shared/core/session-status.ts'
import { type Mode, TenantScope } from '../../shared/core/tenant-scope.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { parseEgressRules } from '../../shared/egress/url-rules.ts'
import type { EventSink } from '../../shared/events/event-sink.ts'
import { LimitEvents } from '../../shared/events/limit-events.ts'
import type { PipelineHint } from '../../shared/events/queue-envelopes.ts'
import { Bell } from '../../shared/events/ring.ts'
import type { ApiDependencies } from '../../shared/http/api.ts'
import { Authenticator } from '../../shared/http/authenticate.ts'
import type { ProxyResult } from '../../shared/http/gateway.ts'
import { RequestLimiter } from '../../shared/http/request-limiter.ts'
import { UsageMeter } from '../../shared/http/usage-meter.ts'
import { MediaStore } from '../../shared/media/media-store.ts'
import type { EventRef } from '../../shared/store/events.ts'
import { Leases } from '../../shared/store/leases.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import { openTables } from '../../shared/store/tables.ts'
import { Workers } from '../../shared/store/workers.ts'
import { makeApiFunctions } from './api-functions.ts'
import { type CallOptions, functionOf, proxyEventOf } from './proxy-event.ts'
import type { TestApiOptions } from './test-api-options.ts'

export interface TestAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  readonly body: any
  readonly headers: Readonly<Record<string, string>>
  readonly raw: ProxyResult
}

const PEPPER = 'a pepper for tests, long enough'

/** All API functions in this process, behind real emulators; requests are REST proxy events, as the gateway makes them. */
export const startTestApi = async (options: TestApiOptions = {}) => {
  const cloud = await startTestCloud()
  cloud.apply()
  const tables = openTables()
  const sqs = makeSQSClient()
  const createQueue = async (name: string) => (await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl!
  const hintsQueueUrl = await createQueue('hints')
  const tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: 'alias/fleetline' })
  const admin = makeAdminKey(PEPPER)
  const mediaStore = new MediaStore({ client: makeS3Client(), bucket: 'media', kmsKeyId: 'alias/fleetline' })
  const time = { offsetMs: 0 }
  const clock = () => Date.now() + time.offsetMs
  const published: EventRef[] = []
  const sink: EventSink = {
    publish: async (refs) => {
      published.push(...refs)
      return []
    },
  }
  const logged: string[] = []
  const rolloutsStarted: { mode: Mode; rolloutId: string }[] = []
  const log = pino({ level: 'info' }, { write: (line) => void logged.push(line) })
  const metrics: string[] = []
  const secret: { pepper: string; previousPeppers?: string[]; adminKeyHashes: string[] } = {
    pepper: PEPPER,
    adminKeyHashes: [admin.hash],
  }
  const readSecret = async () => secret
  const dependencies: ApiDependencies = {
    tables,
    authenticator: new Authenticator({ tables, readSecret, clock }),
    readSecret,
    meter: new UsageMeter({ tables, log }),
    limiter: new RequestLimiter({ tables, log }),
    corsOrigins: ['https://console.example.com'],
    liveModeEnabled: options.liveModeEnabled ?? true,
    docsBaseUrl: 'https://docs.test',
    log,
    limitEvents: new LimitEvents({ tables, tenantKeys, sink, log }),
    clock,
    writeMetrics: (line) => void metrics.push(line),
  }
  const bell = new Bell({ client: sqs, hintsQueueUrl, log })
  const egressRules = options.egressRules ?? parseEgressRules({ cidrs: null, http: null })
  const rung: PipelineHint[] = []
  /** media ids that were to be fetched */
  const fetches: string[] = []
  const functions = makeApiFunctions({
    dependencies,
    bell,
    egressRules,
    mediaStore,
    tenantKeys,
    sink,
    rung,
    fetches,
    rolloutsStarted,
    controlUrl: options.controlUrl ?? null,
    replace: options.replace ?? {},
  })

  const call = async (
    key: string | null,
    method: string,
    path: string,
    input: CallOptions = {},
  ): Promise<TestAnswer> => {
    const event = proxyEventOf(key, method, path, input)
    const raw = await functions[functionOf(event.path)](event)
    const isJson = (raw.headers['Content-Type'] ?? '').includes('json')
    const body = isJson ? JSON.parse(raw.body) : raw.body
    return { status: raw.statusCode, body, headers: raw.headers, raw }
  }

  /** A new tenant with a key of the mode. */
  const newTenant = async (mode: Mode = 'test', fields: Record<string, unknown> = {}) => {
    const tenant = await call(admin.key, 'POST', '/v1/tenants', { body: { name: 'Acme' } })
    const made = await call(admin.key, 'POST', `/v1/tenants/${tenant.body.id}/keys`, {
      body: { name: 'backend', mode, scopes: ['*'], ...fields },
    })
    if (made.status !== 201) throw new Error(`no key: ${JSON.stringify(made.body)}`)
    const scope = TenantScope.fromVerified('principal', { tenantId: tenant.body.id, mode })
    return { id: tenant.body.id as string, key: made.body.key as string, keyId: made.body.id as string, scope }
  }

  const newSession = async (key: string): Promise<string> =>
    (await call(key, 'POST', '/v1/sessions', { body: { name: 'Line' } })).body.id

  /** Does a worker's part: writes a state of the session. */
  const setSession = (
    scope: TenantScope,
    sessionId: string,
    status: SessionStatus,
    phone: string | null = '+5511900000001',
  ) => new Sessions(tables, scope).writeState(sessionId, 0, { status, phone })

  /** A READY worker that owns the session; its queue. */
  const giveToWorker = async (scope: TenantScope, sessionId: string) => {
    const id = newId('wrk')
    const queueUrl = await createQueue(`worker-${id}`)
    const workers = new Workers(tables)
    await workers.register({
      v: 1,
      id,
      mode: scope.mode,
      incarnation: 1,
      status: 'READY',
      heartbeat: { counter: 1, at: Date.now() },
      used: 0,
      capacity: 10,
      version: 'test',
      queueUrl,
      taskArn: null,
      rssBytes: 100 * 1024 * 1024,
      replaying: null,
      createdAt: Date.now(),
    })
    const leases = new Leases(tables, scope)
    const lease = (await leases.get(sessionId))!
    const result = await leases.assign(lease, { workerId: id, incarnation: 1, queueUrl })
    if (result.outcome !== 'assigned') throw new Error(result.outcome)
    return { id, queueUrl }
  }

  /** Bodies that are in a queue now; takes them out. */
  const drain = async (queueUrl: string): Promise<unknown[]> => {
    const bodies: unknown[] = []
    for (;;) {
      const { Messages } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
      )
      if (!Messages?.length) return bodies
      for (const message of Messages) {
        bodies.push(JSON.parse(message.Body!))
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle! }))
      }
    }
  }

  return {
    mediaStore,
    adminKey: admin.key,
    secret,
    tables,
    tenantKeys,
    published,
    rung,
    fetches,
    dependencies,
    rolloutsStarted,
    metrics,
    logged,
    time,
    hintsQueueUrl,
    call,
    newTenant,
    newSession,
    setSession,
    giveToWorker,
    drain,
    stop: () => cloud.stop(),
  }
}

export type TestApi = Awaited<ReturnType<typeof startTestApi>>
