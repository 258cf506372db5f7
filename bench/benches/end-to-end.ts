import { randomUUID } from 'node:crypto'
import { eventually } from '../../e2e/support/eventually.ts'
import { type Bench, quantile } from '../report.ts'
import { CONTACT, PHONE, withLinkedLine } from '../support/linked-line.ts'

const ROUNDS = 100

/** Accepted → on the wire, and inbound → webhook received, one at a time on the local stack. */
export const run: Bench = () =>
  withLinkedLine(async ({ api, simulator, receiver, sessionId }) => {
    const accept: number[] = []
    const wire: number[] = []
    const hook: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const body = randomUUID()
      const started = performance.now()
      await api.post('/v1/messages', { sessionId, to: CONTACT, type: 'text', text: { body } })
      const accepted = performance.now()
      await eventually(
        'on the wire',
        async () => (await simulator.inbox(CONTACT)).some((item) => item.text === body),
        30_000,
        2,
      )
      accept.push(accepted - started)
      wire.push(performance.now() - accepted)
      const sent = performance.now()
      await simulator.send(CONTACT, PHONE, body)
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
  })
