import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CanarySecret } from '../../lambdas/fleet-canary/canary-secret.ts'
import { receiveWebhook } from '../../lambdas/fleet-canary/operations/receive-webhook.ts'
import { roundTrip } from '../../lambdas/fleet-canary/operations/round-trip.ts'
import { makeTenantApi } from '../../lambdas/fleet-canary/tenant-api.ts'
import { makeApi } from '../support/api.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'

/** The canary's own code against the whole platform; only the function URL is an HTTP server of the test. */
const dataDir = temporaryDataDir()
let platform: Platform
let receiver: Server
let receiveUrl: string
let secret: CanarySecret = { apiKey: null, sessionId: null, endpoint: null }
let isDeaf = false
const answers: number[] = []

beforeAll(async () => {
  platform = await startPlatform({ dataDir })
  const admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
  const tenant = await admin.post('/v1/tenants', { name: 'Canary' })
  const made = await admin.post(`/v1/tenants/${tenant.id}/keys`, { name: 'canary', mode: 'test', scopes: ['*'] })
  secret = { ...secret, apiKey: made.key }
  receiver = createServer(async (request, response) => {
    const headers = request.headers as Record<string, string>
    const known = isDeaf ? 'whsec_AAAA' : (secret.endpoint?.secret ?? null)
    const answer = receiveWebhook({ headers, body: await text(request) }, known, Date.now() / 1000)
    answers.push(answer.statusCode)
    response.writeHead(answer.statusCode).end(answer.body)
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  receiveUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
})
afterAll(async () => {
  receiver?.close()
  await platform?.stop()
  removeDataDir(dataDir)
})

/** @param speed the canary's patience is 45 s: faster clocks lose it sooner */
const fly = (speed = 1, minutesLater = 0) => {
  const begun = Date.now()
  return roundTrip(
    {
      api: makeTenantApi(platform.ready.apiUrl, secret.apiKey!),
      memory: {
        read: async () => secret,
        write: async (next) => {
          secret = next
        },
      },
      receiveUrl,
      now: () => begun + minutesLater * 60_000 + (Date.now() - begun) * speed,
      sleep: (milliseconds) => sleep(milliseconds),
    },
    secret,
  )
}

it('with a key alone it links a session, makes an endpoint, and its message comes back as a signed webhook', async () => {
  expect(await fly()).toEqual({ outcome: 'ok', sentMs: expect.any(Number), roundTripMs: expect.any(Number) })
  expect(answers).toContain(200)
})

it('the next minute uses the same session and endpoint', async () => {
  const before = secret
  const trip = await fly(1, 1)
  expect(trip).toMatchObject({ outcome: 'ok' })
  expect(secret).toEqual(before)
  console.log(JSON.stringify(trip))
})

it('a webhook that nobody accepts is a failure of that step, however well the message was sent', async () => {
  isDeaf = true
  const trip = await fly(8, 2)
  isDeaf = false
  expect(trip).toMatchObject({ outcome: 'failed', step: 'webhook' })
  expect(answers).toContain(401)
})

it('an endpoint that somebody deleted, or another address, gets a new endpoint', async () => {
  const api = makeTenantApi(platform.ready.apiUrl, secret.apiKey!)
  const lost = secret.endpoint!.id
  await api.call('DELETE', `/v1/webhook-endpoints/${lost}`)
  expect(await fly(1, 3)).toMatchObject({ outcome: 'ok' })
  expect(secret.endpoint!.id).not.toBe(lost)
})

it('a wrong key is a failure of the first step, with the answer that it got', async () => {
  secret = { ...secret, apiKey: 'flk_test_nobody' }
  expect(await fly(8, 4)).toEqual({
    outcome: 'failed',
    step: 'session',
    reason: expect.stringMatching(/^GET \/v1\/sessions\/ses_\w+ answers 401 /),
  })
})
