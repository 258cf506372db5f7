import { Leases } from '../../shared/store/leases.ts'
import { startTestApi } from './test-api.ts'

/** The API, a tenant, and sessions of it that may send: connected, and wanted to be. */
export const startMessagingTenant = async () => {
  const api = await startTestApi()
  const tenant = await api.newTenant()
  const newSession = async (): Promise<string> => {
    // Only ever forwards: the limiter of requests lives by the same clock.
    api.time.offsetMs += 1_000
    const id = await api.newSession(tenant.key)
    await api.setSession(tenant.scope, id, 'connected')
    await new Leases(api.tables, tenant.scope).setDesired(id, 'RUNNING')
    return id
  }
  return { api, tenant, newSession }
}
export type MessagingTenant = Awaited<ReturnType<typeof startMessagingTenant>>
