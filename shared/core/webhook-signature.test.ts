import * as fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { signWebhook, webhookPublicKeyOf } from './webhook-signature.ts'

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

it('with Ed25519 the reference library still verifies, and each v1a signature verifies with the public key alone', async () => {
  const timestampSeconds = Math.floor(Date.now() / 1000)
  const live = [secretOf(new Uint8Array(32).fill(7)), secretOf(new Uint8Array(24).fill(8))]
  const body = '{"name":"Olá ✓"}'
  const signature = signWebhook({
    secrets: live,
    webhookId: 'evt_1',
    timestampSeconds,
    body,
    signing: 'hmacAndEd25519',
  })
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signature,
  }
  for (const secret of live) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow()
  const asymmetric = signature.split(' ').filter((part) => part.startsWith('v1a,'))
  expect(asymmetric).toHaveLength(2)
  const verifies = async (secret: string, part: string, content: string) => {
    const raw = Buffer.from(webhookPublicKeyOf(secret).replace('whpk_', ''), 'base64')
    const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify'])
    return crypto.subtle.verify('Ed25519', key, Buffer.from(part.slice(4), 'base64'), Buffer.from(content))
  }
  for (const [index, part] of asymmetric.entries()) {
    expect(await verifies(live[index]!, part, `evt_1.${timestampSeconds}.${body}`)).toBe(true)
    expect(await verifies(live[index]!, part, `evt_1.${timestampSeconds}.${body} `)).toBe(false)
    expect(await verifies(live[1 - index]!, part, `evt_1.${timestampSeconds}.${body}`)).toBe(false)
  }
})

it('the public key of a secret never changes: receivers have stored it', () => {
  expect(webhookPublicKeyOf(secretOf(new Uint8Array(32).fill(1)))).toBe(
    'whpk_PKqlfH8sEqxvyn8FAAEDvM66jTod/VdqbAAEYq6MnPs=',
  )
})
