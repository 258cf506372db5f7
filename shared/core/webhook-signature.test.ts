import * as fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { signWebhook } from './webhook-signature.ts'

const secretOf = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString('base64')}`
const secrets = fc.array(fc.uint8Array({ minLength: 24, maxLength: 64 }).map(secretOf), { minLength: 1, maxLength: 3 })

it('the reference library verifies every signature, for each live secret and any body', () => {
  const timestampSeconds = Math.floor(Date.now() / 1000)
  fc.assert(
    fc.property(secrets, fc.json(), (live, body) => {
      const headers = {
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(timestampSeconds),
        'webhook-signature': signWebhook({ secrets: live, webhookId: 'evt_1', timestampSeconds, body }),
      }
      for (const secret of live) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow()
    }),
  )
})

it('a changed body, id or time does not verify', () => {
  const timestampSeconds = Math.floor(Date.now() / 1000)
  const secret = secretOf(new Uint8Array(32).fill(7))
  const signature = signWebhook({ secrets: [secret], webhookId: 'evt_1', timestampSeconds, body: '{"a":1}' })
  const verify = (body: string, id: string, at: number) => () =>
    new Webhook(secret).verify(body, {
      'webhook-id': id,
      'webhook-timestamp': String(at),
      'webhook-signature': signature,
    })
  expect(verify('{"a":1}', 'evt_1', timestampSeconds)).not.toThrow()
  expect(verify('{"a":2}', 'evt_1', timestampSeconds)).toThrow()
  expect(verify('{"a":1}', 'evt_2', timestampSeconds)).toThrow()
  expect(verify('{"a":1}', 'evt_1', timestampSeconds - 1)).toThrow()
})
