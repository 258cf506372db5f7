import { makeApi } from './api.ts'
import { eventually } from './eventually.ts'
import { removeDataDir, startPlatform, temporaryDataDir } from './platform.ts'
import { linkSession } from './session.ts'
import { makeSimulator } from './simulator.ts'

/** A platform of its own, and a tenant whose session is linked to a simulated phone. `stop` leaves nothing behind. */
export const startLinkedTenant = async (input: { name: string; phone: string; contacts: readonly string[] }) => {
  const dataDir = temporaryDataDir()
  const platform = await startPlatform({ dataDir })
  const stop = async (): Promise<void> => {
    await platform.stop()
    removeDataDir(dataDir)
  }
  try {
    const admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
    const { id: tenantId } = await admin.post('/v1/tenants', { name: input.name })
    const key = { name: 'e2e', mode: 'test', scopes: ['*'] }
    const { key: apiKey } = await admin.post(`/v1/tenants/${tenantId}/keys`, key)
    const api = makeApi(platform.ready.apiUrl, apiKey)
    const simulator = makeSimulator(platform.ready.simulator.controlUrl, tenantId)
    const sessionId = await linkSession(api, input.phone)
    for (const phone of input.contacts) await simulator.call('POST', '/contacts', { phone })
    return { platform, tenantId, apiKey, api, simulator, sessionId, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
export type LinkedTenant = Awaited<ReturnType<typeof startLinkedTenant>>

/** What a contact decrypted under this id. */
export const decryptedBy = (simulator: LinkedTenant['simulator'], contact: string, whatsappId: string): Promise<any> =>
  eventually(`the contact decrypts ${whatsappId}`, async () => {
    const { data } = await simulator.call('GET', `/contacts/${contact}/inbox?whatsappId=${whatsappId}`)
    return data[0] ?? null
  })
