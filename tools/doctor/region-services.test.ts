import { afterAll, beforeAll, expect, test } from 'vitest'
import { readRegion } from './region-services.ts'
import { type FakeAws, startFakeAws } from './testing/fake-aws.ts'

const LIST = '/aws/service/global-infrastructure/services'
/** everything is listed for eu-west-1 but Fargate, and nothing calls Step Functions by our name */
const isThere = (name: string) => !name.includes('stepfunctions') && name !== `${LIST}/fargate/regions/eu-west-1`

let aws: FakeAws
beforeAll(async () => {
  aws = await startFakeAws(({ body }) => ({
    body: { Parameters: body.Names.filter(isThere).map((Name: string) => ({ Name, Value: 'x' })) },
  }))
})
afterAll(() => aws.stop())

test('a service that the region has not is told from one that the list does not know', async () => {
  const fact = await readRegion('eu-west-1')
  expect(fact).toMatchObject({ region: 'eu-west-1', absent: ['fargate'], unknown: ['stepfunctions'] })
  expect(fact.listed).toContain('lambda')
  expect(Math.max(...aws.calls.map(({ body }) => body.Names.length))).toBeLessThanOrEqual(10)
})
