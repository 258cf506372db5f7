import type { Operation } from '../../shared/contract/operation.ts'
import { operations } from '../../shared/contract/operations.ts'
import { type Ids, sampleBodies } from '../../shared/contract/testing/sample-bodies.ts'
import { makeSampleDelivery } from '../../shared/contract/testing/sample-delivery.ts'
import { newId } from '../../shared/core/ids.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { Contacts } from '../../shared/store/contacts.ts'
import { Messages } from '../../shared/store/messages.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import { inboxOf, startFixture } from '../../simulator/testing/fixture.ts'
import { until } from '../../simulator/testing/until.ts'
import { startTestApi, type TestAnswer, type TestApi } from './test-api.ts'

/** They need a session that waits for a phone; all others one that is connected. */
const LINKING = new Set(['linkSession', 'getLink', 'getQr', 'testScan'])
const PHONE = '+5511900000001'
const CONTACT = '+5511988887777'

export interface World {
  readonly key: string
  readonly ids: Ids
}

/** An inbound message: nobody marks what the session sent itself as read. */
const receivedCopyOf = async (api: TestApi, scope: TenantScope, messageId: string): Promise<string> => {
  const messages = new Messages(api.tables, scope)
  const id = newId('msg')
  await messages.putInbound({
    ...(await messages.get(messageId))!,
    id,
    direction: 'inbound',
    status: 'received',
    openKey: null,
  })
  return id
}

/** The API over real emulators and the simulated WhatsApp, and tenants with one of everything. */
export const startWorlds = async () => {
  const fixture = await startFixture()
  const api = await startTestApi({ controlUrl: fixture.simulator.controlUrl })

  /** Made anew for every operation: some of them destroy what they name. */
  const make = async (name: string): Promise<World> => {
    const tenant = await api.newTenant()
    const post = async (path: string, body: unknown) => (await api.call(tenant.key, 'POST', path, { body })).body.id
    const sessionId = await api.newSession(tenant.key)
    await api.setSession(tenant.scope, sessionId, 'connected')
    const endpointId = await post('/v1/webhook-endpoints', { url: 'https://example.com/hook' })
    const { eventId } = api.published.find((event) => event.sessionId === sessionId)!
    const messageId = await post('/v1/messages', { sessionId, to: CONTACT, type: 'text', text: { body: 'x' } })
    // Two that want the same may run at once; there is one fleet for all.
    await api.call(api.adminKey, 'POST', '/v1/admin/rollouts', { body: { mode: 'test' } })
    const ids: Ids = {
      // Some operations destroy what they name: it is not the tenant whose key is used.
      tenantId: (await api.newTenant()).id,
      ownTenantId: tenant.id,
      keyId: await post('/v1/keys', { name: 'k', scopes: ['messages:send'] }),
      sessionId,
      messageId: name === 'markMessageRead' ? await receivedCopyOf(api, tenant.scope, messageId) : messageId,
      endpointId,
      eventId,
      deliveryId: await makeSampleDelivery(api.tables, tenant.scope, endpointId, eventId),
      replayId: await post(`/v1/webhook-endpoints/${endpointId}/replays`, sampleBodies.createWebhookReplay!({})),
      phone: CONTACT,
      operationId: await post(`/v1/sessions/${sessionId}/contacts/lookup`, { addresses: ['+5511988887777'] }),
      contactId: (
        await new Contacts(api.tables, tenant.scope, sessionId).meet({ phone: '+5511988887777', lid: null }, 1)
      ).contactId,
      groupId: '120363012345678901@g.us',
      inviteCode: 'AbCdEfGhIjKl',
      mediaId: await post('/v1/media', sampleBodies.createMedia!({})),
      mode: 'test',
      workerId: (await api.giveToWorker(tenant.scope, sessionId)).id,
    }
    // The simulated phone of the session, so that the helpers of test mode find somebody.
    const control = fixture.control.in(tenant.id)
    await control.call('POST', '/phones', { phone: PHONE, name: 'Sample' })
    if (name === 'testRead') {
      const { whatsappId } = (await new Messages(api.tables, tenant.scope).get(messageId))!
      const client = await fixture.linkedClient(control, PHONE)
      await client.socket.sendMessage(`${CONTACT.slice(1)}@s.whatsapp.net`, { text: 'x' }, { messageId: whatsappId })
      await until('the contact has it', async () =>
        (await inboxOf(control, CONTACT)).some((item) => item.whatsappId === whatsappId),
      )
    }
    if (LINKING.has(name)) {
      const sessions = new Sessions(api.tables, tenant.scope)
      await api.setSession(tenant.scope, sessionId, 'linking', null)
      await sessions.putLinkSight(sessionId, {
        // A QR that a device really shows: the phone can scan it.
        qr: name === 'testScan' ? await fixture.client().connect().qr() : 'a,b,c,d',
        code: null,
        attempt: 1,
        expiresAt: Date.now() + api.time.offsetMs + 86_400_000,
      })
    }
    return { key: tenant.key, ids }
  }

  /** The operation as it is meant: nothing but the state of the world can be the reason of a refusal. */
  const sendSample = (name: string, { key, ids }: World, headers: Record<string, string> = {}): Promise<TestAnswer> => {
    const operation = (operations as Readonly<Record<string, Operation>>)[name]!
    const path = operation.path.replace(/\{(\w+)\}/g, (_, parameter: string) => {
      if (!ids[parameter]) throw new Error(`no world has anything for {${parameter}} of ${name}`)
      return encodeURIComponent(ids[parameter])
    })
    const body = sampleBodies[name]?.(ids)
    return api.call(operation.auth === 'admin' ? api.adminKey : key, operation.method, path, { body, headers })
  }

  const stop = async (): Promise<void> => {
    await api.stop()
    await fixture.stop()
  }
  return { api, make, sendSample, stop }
}
export type Worlds = Awaited<ReturnType<typeof startWorlds>>
