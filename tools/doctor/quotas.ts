import { callAwsJson } from './aws-json.ts'

/** What the account allows. Null: the service does not list this quota under the name that we know. */
export interface Quotas {
  readonly fargateVcpus: number | null
  readonly fargateSpotVcpus: number | null
  readonly lambdaConcurrency: number | null
  readonly networkInterfaces: number | null
}

/** What a deployment of this size wants of it. */
export interface Needs {
  readonly sessions: number
  readonly workers: number
  readonly vcpus: number
  readonly lambdaConcurrency: number
}

/** By name: codes of quotas are not the same in every partition. */
const NAMES = {
  fargateVcpus: ['fargate', 'Fargate On-Demand vCPU resource count'],
  fargateSpotVcpus: ['fargate', 'Fargate Spot vCPU resource count'],
  lambdaConcurrency: ['lambda', 'Concurrent executions'],
  networkInterfaces: ['vpc', 'Network interfaces per Region'],
} as const satisfies Record<keyof Quotas, readonly [service: string, name: string]>

const MAXIMUM_PAGES = 20
/** webhook-deliver may use 100, fan-out and reconciler 30, the API the rest. */
const LAMBDA_CONCURRENCY = 200
/** A rollout launches room for a wave of two before it drains, the planner keeps 15 % free. */
const ROLLOUT_WORKERS = 2
const WARM_SHARE = 0.15

export const readQuotas = async (): Promise<Quotas> => {
  const services = [...new Set(Object.values(NAMES).map(([service]) => service))]
  const listed = new Map(await Promise.all(services.map(async (name) => [name, await listQuotas(name)] as const)))
  return Object.fromEntries(
    Object.entries(NAMES).map(([key, [service, name]]) => [key, listed.get(service)?.get(name) ?? null]),
  ) as unknown as Quotas
}

const listQuotas = async (service: string): Promise<Map<string, number>> => {
  const values = new Map<string, number>()
  let token: string | undefined
  for (let page = 0; page < MAXIMUM_PAGES; page++) {
    const answer = await callAwsJson<{ Quotas?: { QuotaName: string; Value: number }[]; NextToken?: string }>(
      'servicequotas',
      'ServiceQuotasV20190624.ListServiceQuotas',
      { ServiceCode: service, MaxResults: 100, NextToken: token },
    )
    for (const { QuotaName, Value } of answer.Quotas ?? []) values.set(QuotaName, Value)
    token = answer.NextToken
    if (!token) break
  }
  return values
}

/** @param worker its Fargate units (1024 = one vCPU) and the sessions it takes */
export const needsOf = (input: { sessions: number; cpu: number; capacity: number; minimumWorkers: number }): Needs => {
  const carrying = Math.ceil((input.sessions * (1 + WARM_SHARE)) / input.capacity)
  const workers = Math.max(carrying, input.minimumWorkers) + ROLLOUT_WORKERS
  return {
    sessions: input.sessions,
    workers,
    vcpus: (workers * input.cpu) / 1024,
    lambdaConcurrency: LAMBDA_CONCURRENCY,
  }
}
