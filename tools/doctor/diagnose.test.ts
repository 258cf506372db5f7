import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkAccount } from './check-account.ts'
import { diagnose } from './diagnose.ts'
import type { Facts } from './facts.ts'
import { needsOf } from './quotas.ts'

const now = Date.parse('2026-11-21T10:00:00Z')
const worker = {
  id: 'wrk_1',
  mode: 'live',
  status: 'ready',
  sessions: 5,
  capacity: 10,
  version: 'v1',
  loopLagMs: 1,
  heartbeatAt: '2026-11-21T09:59:55Z',
}
const healthy: Facts = {
  now,
  health: { version: 'v1' },
  workers: [worker],
  sessions: [{ id: 'ses_1', desired: 'running', workerId: 'wrk_1' }],
  rollouts: [
    { mode: 'live', status: 'done', because: 'every worker runs this version', startedAt: '2026-11-20T10:00:00Z' },
  ],
  queues: [
    { name: 'fleetline-prod-c1-hints', waiting: 0 },
    { name: 'fleetline-prod-c1-w-wrk_1-1', waiting: 0 },
  ],
  adminKeys: 1,
  prefix: 'fleetline-prod-c1',
  quotas: { fargateVcpus: 64, fargateSpotVcpus: 64, lambdaConcurrency: 1000, networkInterfaces: 5000 },
  needs: { sessions: 1000, workers: 8, vcpus: 16, lambdaConcurrency: 200 },
  bootstrap: 30,
  region: { region: 'eu-west-1', listed: ['lambda', 'fargate'], absent: [], unknown: [] },
}
const complaints = (patch: Partial<Facts>) =>
  diagnose({ ...healthy, ...patch }).filter(({ level }) => level === 'problem' || level === 'warning')

test('a healthy deployment has no complaint, and every check says something', () => {
  expect(complaints({})).toEqual([])
  expect(diagnose(healthy).map(({ check }) => check)).toEqual([
    'API',
    'workers',
    'versions',
    'sessions',
    'rollout live',
    'queues',
    'secret',
    'bootstrap',
    'region',
    'quota Fargate vCPUs',
    'quota Lambda concurrency',
    'quota network interfaces',
  ])
})

test.each<[string, Partial<Facts>, string]>([
  ['an API that does not answer', { health: { error: 'fetch failed: ECONNREFUSED' } }, 'ECONNREFUSED'],
  ['a silent worker that nobody fenced', { workers: [{ ...worker, heartbeatAt: '2026-11-21T09:50:00Z' }] }, 'wrk_1'],
  ['a full fleet', { workers: [{ ...worker, sessions: 10 }] }, 'full'],
  ['workers of another version', { workers: [{ ...worker, version: 'v0' }] }, 'v1'],
  ['a slow event loop', { workers: [{ ...worker, loopLagMs: 900 }] }, 'late'],
  ['a stuck session', { sessions: [{ id: 'ses_2', desired: 'running', workerId: null }] }, 'ses_2'],
  [
    'a failed rollout',
    { rollouts: [{ mode: 'live', status: 'failed', because: 'no start', startedAt: '2026-11-21T09:00:00Z' }] },
    'no start',
  ],
  [
    'a rollout that stands still',
    { rollouts: [{ mode: 'live', status: 'running', because: 'waiting', startedAt: '2026-11-21T05:00:00Z' }] },
    'since',
  ],
  ['dead letters', { queues: [{ name: 'fleetline-prod-c1-fanout-dlq', waiting: 3 }] }, '3 in'],
  ['a queue of a worker that is gone', { queues: [{ name: 'fleetline-prod-c1-w-wrk_9-1', waiting: 0 }] }, 'wrk_9'],
  ['a wrong prefix', { queues: [] }, 'none begins'],
  ['a secret without admin keys', { adminKeys: 0 }, 'no admin key'],
])('it sees %s and says what to do', (_what, patch, words) => {
  const found = complaints(patch)
  expect(found).toHaveLength(1)
  expect(found[0]!.says).toContain(words)
  expect(found[0]!.advice).not.toBe('')
})

test('every runbook heading that it names exists', () => {
  const headingsOf = (name: string) =>
    [...readFileSync(`docs/runbooks/${name}.md`, 'utf8').matchAll(/^## (.+)$/gm)].map((match) => match[1])
  const headings = { RUNBOOK: headingsOf('alarms'), DEPLOYMENT_RUNBOOK: headingsOf('deployment') }
  const source = readdirSync('tools/doctor')
    .filter((name) => /^check-.*\.ts$/.test(name))
    .map((name) => readFileSync(`tools/doctor/${name}`, 'utf8'))
    .join('')
  const named = [...source.matchAll(/\{(RUNBOOK|DEPLOYMENT_RUNBOOK)\}#([a-z-]+[a-z])`/g)]
  expect(named.length).toBeGreaterThan(5)
  for (const [, book, heading] of named) expect(headings[book as keyof typeof headings]).toContain(heading)
  for (const name of ['hints', 'fanout', 'deliver']) expect(headings.RUNBOOK).toContain(`dead-letters-${name}`)
})

test('an account that cannot carry it is told so before anything is deployed', () => {
  const { quotas, needs, bootstrap, region } = healthy
  const account = { quotas, needs, bootstrap, region }
  const says = (patch: object) =>
    checkAccount({ ...account, ...patch }).flatMap(({ level, check, advice }) =>
      level === 'problem' ? [`${check} → ${advice}`] : [],
    )
  expect(says({})).toEqual([])
  expect(says({ bootstrap: 'missing' })).toEqual([
    'bootstrap → npx cdk bootstrap aws://<account>/<region>. docs/runbooks/deployment.md#account-not-bootstrapped',
  ])
  expect(says({ region: { region: 'xx-1', listed: [], absent: ['fargate'], unknown: [] } })).toEqual([
    'region → Choose another region in infra/config. docs/runbooks/deployment.md#region-without-a-service',
  ])
  expect(says({ quotas: { ...quotas, fargateVcpus: 6, lambdaConcurrency: 10 } })).toEqual([
    'quota Fargate vCPUs → Ask for it in Service Quotas. docs/scale.md, docs/runbooks/deployment.md#missing-quota',
    'quota Lambda concurrency → Ask for it in Service Quotas. docs/scale.md, docs/runbooks/deployment.md#missing-quota',
  ])
  expect(says({ quotas: { error: 'AccessDeniedException: no' } })).toEqual([
    'quotas → servicequotas:ListServiceQuotas is needed.',
  ])
})

test('what a cell wants: its workers with 15 % free, and the room of a rollout', () => {
  expect(needsOf({ sessions: 10_000, cpu: 2048, capacity: 200, minimumWorkers: 2 })).toEqual({
    sessions: 10_000,
    workers: 60,
    vcpus: 120,
    lambdaConcurrency: 200,
  })
  expect(needsOf({ sessions: 0, cpu: 1024, capacity: 200, minimumWorkers: 1 }).workers).toBe(3)
})

test.each([
  ['a wrong admin key', { workers: { error: '/v1/admin/workers answers 401' } }, 'FLEETLINE_ADMIN_KEY'],
  ['an error of ours', { sessions: { error: '/v1/admin/sessions answers 500' } }, 'api-keys'],
  ['no API at all', { health: { error: 'fetch failed' }, workers: { error: 'fetch failed' } }, 'See API.'],
] as const)('what cannot be listed says what to do about the cause: %s', (_, patch, advice) => {
  expect(complaints(patch).at(-1)?.advice).toContain(advice)
})
