import { dirname } from 'node:path'
import { makeLogS3Client } from '../../../session-task/auth-log/s3-log-device.ts'
import { makeKMSClient } from '../../../shared/aws/kms.ts'
import { makeSQSClient } from '../../../shared/aws/sqs.ts'
import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import { TenantKeys } from '../../../shared/crypto/tenant-keys.ts'
import { Deliveries } from '../../../shared/store/deliveries.ts'
import { Events } from '../../../shared/store/events.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { Messages } from '../../../shared/store/messages.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import { openTables } from '../../../shared/store/tables.ts'
import { Workers } from '../../../shared/store/workers.ts'
import { type Api, makeApi } from '../../support/api.ts'
import { eventually } from '../../support/eventually.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../../support/platform.ts'
import { linkSession } from '../../support/session.ts'
import { makeSimulator } from '../../support/simulator.ts'
import { startWebhookReceiver } from '../../support/webhook-receiver.ts'
import { createGroup } from '../create-group.ts'
import type { SentMessage } from '../lane.ts'
import { type Control, startControl } from './control.ts'
import { CONTROL_VARIABLE } from './messages.ts'

export interface ProcessSession {
  readonly sessionId: string
  readonly phone: string
  readonly contact: string
  readonly group: string
  readonly sent: Map<string, SentMessage>
  readonly received: Map<string, { readonly text: string; readonly seed: number }>
  /** epochs that its lease had, in order */
  readonly epochs: number[]
}

/** The whole platform in its processes, one tenant, what was asked of it, and what only a bystander can read. */
export interface ProcessFleet {
  readonly platform: Platform
  readonly control: Control
  readonly api: Api
  readonly simulator: ReturnType<typeof makeSimulator>
  readonly sessions: readonly ProcessSession[]
  readonly webhooks: Awaited<ReturnType<typeof startWebhookReceiver>>
  readonly endpointId: string
  readonly stores: ReturnType<typeof openStores>
  stop(): Promise<void>
}

const SESSIONS = 3
const PRELOAD = new URL('preload.ts', import.meta.url).href

/** The key may be out of requests (429): a client asks again. */
export const patiently = (ask: () => Promise<any>): Promise<any> => eventually<any>('an answer', ask, 30_000, 300)

export const startProcessFleet = async (): Promise<ProcessFleet> => {
  const dataDir = temporaryDataDir()
  const control = await startControl()
  const platform = await startPlatform({
    dataDir,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      FLEETLINE_TASK_NODE_OPTIONS: `--import=${PRELOAD}`,
      [`FLEETLINE_TASK_${CONTROL_VARIABLE}`]: control.address,
    },
  })
  const webhooks = await startWebhookReceiver()
  const stop = async () => {
    // A process that stands still cannot be ended in order.
    for (const worker of control.all()) worker.signal('SIGCONT')
    await platform.stop()
    await control.stop()
    await webhooks.stop()
    // With CHAOS_KEEP what the platform wrote, its log first, is there to be read.
    if (process.env.CHAOS_KEEP) process.stdout.write(`kept: ${dataDir}\n`)
    else removeDataDir(dataDir)
  }
  try {
    const admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
    const tenant = await admin.post('/v1/tenants', { name: 'Chaos' })
    const { key } = await admin.post(`/v1/tenants/${tenant.id}/keys`, { name: 'chaos', mode: 'test', scopes: ['*'] })
    const api = makeApi(platform.ready.apiUrl, key)
    const simulator = makeSimulator(platform.ready.simulator.controlUrl, tenant.id)
    const endpoint = await api.post('/v1/webhook-endpoints', { url: webhooks.url, events: ['*', 'session.qr'] })
    webhooks.useSecret(endpoint.secret)
    const sessions: ProcessSession[] = []
    for (let index = 0; index < SESSIONS; index++) {
      const phone = `55119000007${String(index).padStart(2, '0')}`
      // Without receipts only the server's ack says that a message was taken: what it did not say is sent again.
      const contact = `55219000007${String(index).padStart(2, '0')}`
      await simulator.call('POST', '/contacts', { phone: contact, name: 'Ana', deliveryReceipts: index % 2 === 1 })
      const sessionId = await linkSession(api, `+${phone}`)
      const group = await createGroup(platform.ready.simulator.controlUrl, { 'x-namespace': tenant.id }, contact, phone)
      sessions.push({ sessionId, phone, contact, group, sent: new Map(), received: new Map(), epochs: [] })
    }
    const stores = openStores(tenant.id, await control.environment())
    return { platform, control, api, simulator, sessions, webhooks, endpointId: endpoint.id, stores, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The rows and the logs, as a worker would read them. The test's own clients look where the workers look. */
const openStores = (tenantId: string, environment: Readonly<Record<string, string>>) => {
  Object.assign(process.env, environment)
  const scope = TenantScope.fromVerified('systemRow', { tenantId, mode: 'test' })
  const tables = openTables()
  return {
    scope,
    messages: new Messages(tables, scope),
    events: new Events(tables, scope),
    leases: new Leases(tables, scope),
    sessions: new Sessions(tables, scope),
    workers: new Workers(tables),
    deliveries: new Deliveries(tables, scope),
    tenantKeys: new TenantKeys({
      kms: makeKMSClient(),
      core: tables.core,
      kmsKeyId: environment.KMS_KEY_ID ?? '',
    }),
    logClient: makeLogS3Client(),
    sqs: makeSQSClient(),
    hintsQueueUrl: environment.HINTS_QUEUE_URL ?? '',
  }
}
