import { randomUUID } from 'node:crypto'
import { makeApi } from '../../e2e/support/api.ts'
import { eventually } from '../../e2e/support/eventually.ts'
import { removeDataDir, startPlatform, temporaryDataDir } from '../../e2e/support/platform.ts'
import { linkSession } from '../../e2e/support/session.ts'
import { makeSimulator } from '../../e2e/support/simulator.ts'
import { startWebhookReceiver } from '../../e2e/support/webhook-receiver.ts'
import { type Bench, quantile } from '../report.ts'

const ROUNDS = 100

/** Accepted → on the wire, and inbound → webhook received, one at a time on the local stack. */
export const run: Bench = async () => {
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
    const sessionId = await linkSession(api, '+5511900000077')
    const accept: number[] = []
    const wire: number[] = []
    const hook: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const body = randomUUID()
      const started = performance.now()
      await api.post('/v1/messages', { sessionId, to: '+5511988887777', type: 'text', text: { body } })
      const accepted = performance.now()
      await eventually(
        'on the wire',
        async () => (await simulator.inbox('+5511988887777')).some((item) => item.text === body),
        30_000,
        2,
      )
      accept.push(accepted - started)
      wire.push(performance.now() - accepted)
      const sent = performance.now()
      await simulator.send('+5511988887777', '+5511900000077', body)
      await eventually(
        'webhook',
        async () => receiver.received.some((item) => item.event.data.message?.text?.body === body),
        30_000,
        2,
      )
      hook.push(performance.now() - sent)
    }
    const rows = {
      'POST /v1/messages': accept,
      'accepted → decrypted by the contact': wire,
      'inbound → webhook received': hook,
    }
    return Object.entries(rows).flatMap(([name, values]) => [
      { name: `${name} p50`, value: quantile(values.slice(5), 0.5), unit: 'ms' },
      {
        name: `${name} p99`,
        value: quantile(values.slice(5), 0.99),
        unit: 'ms',
        note: `${ROUNDS - 5} rounds, first 5 left out`,
      },
    ])
  } finally {
    await platform.stop()
    await receiver.stop()
    removeDataDir(dataDir)
  }
}
