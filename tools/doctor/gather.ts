import { makeSecretsManagerClient } from '../../shared/aws/secrets-manager.ts'
import { GetQueueAttributesCommand, ListQueuesCommand, makeSQSClient } from '../../shared/aws/sqs.ts'
import { makeSecretReader } from '../../shared/http/platform-secret.ts'
import type { Facts, QueueFact, RolloutFact, SessionFact, WorkerFact } from './diagnose.ts'

export interface Place {
  readonly url: string
  readonly adminKey: string
  readonly prefix: string | null
  readonly secretId: string | null
}

const TIMEOUT_MS = 10_000
const MAXIMUM_PAGES = 100

/** Reads only. A part that cannot be read becomes its error, and the rest is looked at all the same. */
export const gatherFacts = async (place: Place): Promise<Facts> => {
  const [health, workers, sessions, live, test, queues, adminKeys] = await Promise.all([
    orError(() => ask<{ version: string }>(place, '/v1/health')),
    orError(async () => (await ask<{ data: WorkerFact[] }>(place, '/v1/admin/workers')).data),
    orError(() => listSessions(place)),
    orError(() => ask<RolloutFact>(place, '/v1/admin/rollouts/live')),
    orError(() => ask<RolloutFact>(place, '/v1/admin/rollouts/test')),
    place.prefix ? orError(() => listQueues(place.prefix!)) : null,
    place.secretId ? orError(async () => (await readSecret(place.secretId!)).adminKeyHashes.length) : null,
  ])
  const rollouts = [live, test].filter((rollout): rollout is RolloutFact => 'status' in rollout)
  return { now: Date.now(), health, workers, sessions, rollouts, queues, adminKeys, prefix: place.prefix }
}

const orError = async <T>(read: () => Promise<T>): Promise<T | { error: string }> => {
  try {
    return await read()
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { code?: string; message?: string } }
    return { error: [message, cause?.code ?? cause?.message].filter(Boolean).join(': ') }
  }
}

const ask = async <T>({ url, adminKey }: Place, path: string): Promise<T> => {
  const answer = await fetch(new URL(path, url), {
    headers: { Authorization: `Bearer ${adminKey}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}`)
  return (await answer.json()) as T
}

const listSessions = async (place: Place): Promise<SessionFact[]> => {
  const sessions: SessionFact[] = []
  let cursor: string | null = null
  for (let page = 0; page < MAXIMUM_PAGES; page++) {
    const query: string = cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''
    const answer = await ask<{ data: SessionFact[]; nextCursor: string | null }>(place, `/v1/admin/sessions${query}`)
    sessions.push(...answer.data)
    cursor = answer.nextCursor
    if (!cursor) break
  }
  return sessions
}

const listQueues = async (prefix: string): Promise<QueueFact[]> => {
  const client = makeSQSClient()
  const facts: QueueFact[] = []
  let token: string | undefined
  do {
    const page = await client.send(
      new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 1000, NextToken: token }),
    )
    for (const queueUrl of page.QueueUrls ?? []) {
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
      )
      facts.push({ name: queueUrl.split('/').at(-1)!, waiting: Number(Attributes?.ApproximateNumberOfMessages ?? 0) })
    }
    token = page.NextToken
  } while (token)
  client.destroy()
  return facts
}

const readSecret = async (secretId: string) => {
  const client = makeSecretsManagerClient()
  try {
    return await makeSecretReader(client, secretId)()
  } finally {
    client.destroy()
  }
}
