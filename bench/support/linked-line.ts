import { makeApi } from '../../e2e/support/api.ts'
import { removeDataDir, startPlatform, temporaryDataDir } from '../../e2e/support/platform.ts'
import { linkSession } from '../../e2e/support/session.ts'
import { makeSimulator } from '../../e2e/support/simulator.ts'
import { startWebhookReceiver } from '../../e2e/support/webhook-receiver.ts'

export const CONTACT = '+5511988887777'
export const PHONE = '+5511900000077'

/** A line that is linked on a platform of its own, and an endpoint that verifies what it receives. */
export interface LinkedLine {
  readonly api: ReturnType<typeof makeApi>
  readonly simulator: ReturnType<typeof makeSimulator>
  readonly receiver: Awaited<ReturnType<typeof startWebhookReceiver>>
  readonly sessionId: string
  readonly endpointId: string
}

/** Runs `use` on `npm start` with one tenant, one linked session and one endpoint for received messages; ends it all. */
export const withLinkedLine = async <T>(use: (line: LinkedLine) => Promise<T>): Promise<T> => {
  const dataDir = temporaryDataDir()
  const platform = await startPlatform({ dataDir })
  const receiver = await startWebhookReceiver()
  try {
    const admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
    const tenant = await admin.post('/v1/tenants', { name: 'bench', plan: 'enterprise' })
    const { key } = await admin.post(`/v1/tenants/${tenant.id}/keys`, { name: 'bench', mode: 'test', scopes: ['*'] })
    const api = makeApi(platform.ready.apiUrl, key)
    const simulator = makeSimulator(platform.ready.simulator.controlUrl, tenant.id)
    const endpoint = await api.post('/v1/webhook-endpoints', { url: receiver.url, events: ['message.received'] })
    receiver.useSecret(endpoint.secret)
    const sessionId = await linkSession(api, PHONE)
    return await use({ api, simulator, receiver, sessionId, endpointId: endpoint.id })
  } finally {
    await platform.stop()
    await receiver.stop()
    removeDataDir(dataDir)
  }
}
