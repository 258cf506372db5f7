import type { DeploymentConfig } from '../../infra/config/schema.ts'
import { CONFIGS } from '../../infra/config/select-config.ts'
import { makeSecretsManagerClient } from '../../shared/aws/secrets-manager.ts'
import { GetQueueAttributesCommand, ListQueuesCommand, makeSQSClient } from '../../shared/aws/sqs.ts'
import { makeSecretReader } from '../../shared/http/platform-secret.ts'
import { callAwsJson } from './aws-json.ts'
import type { Facts, Failure, QueueFact, RolloutFact, SessionFact, WorkerFact } from './facts.ts'
import { type Needs, needsOf, readQuotas } from './quotas.ts'
import { readRegion } from './region-services.ts'

export interface Place {
  readonly url: string
  readonly adminKey: string
  readonly prefix: string | null
  readonly secretId: string | null
  /** how many sessions are planned; null: as many as there are now */
  readonly sessions: number | null
}

const TIMEOUT_MS = 10_000
const MAXIMUM_PAGES = 100

/** Reads only. A part that cannot be read becomes its error, and the rest is looked at all the same. */
export const gatherFacts = async (place: Place): Promise<Facts> => {
  const [health, workers, sessions, live, test, queues, adminKeys, account] = await Promise.all([
    orError(() => ask<{ version: string }>(place, '/v1/health')),
    orError(async () => (await ask<{ data: WorkerFact[] }>(place, '/v1/admin/workers')).data),
    orError(() => listSessions(place)),
    orError(() => ask<RolloutFact>(place, '/v1/admin/rollouts/live')),
    orError(() => ask<RolloutFact>(place, '/v1/admin/rollouts/test')),
    place.prefix ? orError(() => listQueues(place.prefix!)) : null,
    place.secretId ? orError(async () => (await readSecret(place.secretId!)).adminKeyHashes.length) : null,
    gatherAccount(place),
  ])
  const rollouts = [live, test].filter((rollout): rollout is RolloutFact => 'status' in rollout)
  const present = Array.isArray(sessions) ? sessions.length : 0
  const needs = needsOfCell(place, present)
  return {
    now: Date.now(),
    health,
    workers,
    sessions,
    rollouts,
    queues,
    adminKeys,
    prefix: place.prefix,
    ...account,
    needs,
  }
}

/** Bootstrap, region and quotas: also before anything is deployed. */
export const gatherAccount = async ({
  prefix,
}: Pick<Place, 'prefix'>): Promise<Pick<Facts, 'quotas' | 'bootstrap' | 'region'>> => {
  if (!prefix) return { quotas: null, bootstrap: null, region: null }
  const config = configOf(prefix)
  const [quotas, bootstrap, region] = await Promise.all([
    orError(readQuotas),
    readBootstrap(),
    config && orError(() => readRegion(config.region)),
  ])
  return { quotas, bootstrap, region }
}

/** The parameter that `cdk bootstrap` leaves, with CDK's default qualifier. */
const readBootstrap = async (): Promise<number | 'missing' | Failure> => {
  const version = await orError(async () => {
    const name = '/cdk-bootstrap/hnb659fds/version'
    const answer = await callAwsJson<{ Parameter: { Value: string } }>('ssm', 'AmazonSSM.GetParameter', { Name: name })
    return Number(answer.Parameter.Value)
  })
  return typeof version === 'object' && version.error.startsWith('ParameterNotFound') ? 'missing' : version
}

const configOf = (prefix: string | null): DeploymentConfig | null => CONFIGS[prefix?.split('-')[1] ?? ''] ?? null

/** @returns null when the prefix is not fleetline-<environment>-<cell> of a config of ours */
export const needsOfCell = (
  { prefix, sessions }: Pick<Place, 'prefix' | 'sessions'>,
  present: number,
): Needs | null => {
  const config = configOf(prefix)
  if (!config) return null
  const { cpu, capacity } = config.worker
  return needsOf({ sessions: sessions ?? present, cpu, capacity, minimumWorkers: config.fleet.minimumWorkers })
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
  // API Gateway's own address ends with the stage: a path that begins with / would replace it.
  const answer = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
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
