import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { makeSecretsManagerClient } from '../../shared/aws/secrets-manager.ts'
import { requireEnvironment } from '../../shared/config/environment.ts'
import { makeLog } from '../../shared/log/log.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import { openCanaryMemory } from './canary-secret.ts'
import { receiveWebhook, type UrlAnswer } from './operations/receive-webhook.ts'
import { roundTrip } from './operations/round-trip.ts'
import { makeTenantApi } from './tenant-api.ts'

const tickSchema = z.object({ v: z.literal(1), kind: z.literal('tick'), receiveUrl: z.url() })
/** An event of a function URL; only the fields we use. */
const urlEventSchema = z.object({
  headers: z.record(z.string(), z.string().optional()),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
})

const log = makeLog('fleet-canary')
const memory = openCanaryMemory(makeSecretsManagerClient(), requireEnvironment('canarySecretId'))
const apiUrl = requireEnvironment('apiUrl')

/** The schedule's tick sends a message as a tenant of its own; the function's URL takes the webhook of it. */
export const handler = async (event: unknown): Promise<UrlAnswer | undefined> => {
  const request = urlEventSchema.safeParse(event)
  if (request.success) {
    const { headers, body, isBase64Encoded } = request.data
    const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body
    return receiveWebhook({ headers, body: text }, (await memory.read()).endpoint?.secret ?? null, Date.now() / 1000)
  }
  await fly(tickSchema.parse(event).receiveUrl)
  return undefined
}

const fly = async (receiveUrl: string): Promise<void> => {
  const secret = await memory.read()
  if (!secret.apiKey) {
    log.warn('the canary has no key: docs/deploy.md says how it gets one')
    emitMetrics({ canary_failure_count: [1, 'Count'] })
    return
  }
  const api = makeTenantApi(apiUrl, secret.apiKey)
  const trip = await roundTrip({ api, memory, receiveUrl, now: Date.now, sleep }, secret)
  if (trip.outcome === 'ok') {
    log.info(trip, 'round trip')
    emitMetrics({
      canary_success_count: [1, 'Count'],
      canary_failure_count: [0, 'Count'],
      canary_sent_ms: [trip.sentMs, 'Milliseconds'],
      canary_round_trip_ms: [trip.roundTripMs, 'Milliseconds'],
    })
  } else {
    log.error(trip, 'round trip failed')
    emitMetrics({ canary_success_count: [0, 'Count'], canary_failure_count: [1, 'Count'] })
  }
}
