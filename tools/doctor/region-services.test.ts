import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readRegion } from './region-services.ts'

const LIST = '/aws/service/global-infrastructure/services'
/** everything is listed for eu-west-1 but Fargate, and nothing calls Step Functions by our name */
const isThere = (name: string) => !name.includes('stepfunctions') && name !== `${LIST}/fargate/regions/eu-west-1`
const asked: number[] = []
const server = createServer(async (request, response) => {
  const { Names } = JSON.parse(await text(request)) as { Names: string[] }
  asked.push(Names.length)
  response.end(JSON.stringify({ Parameters: Names.filter(isThere).map((Name) => ({ Name, Value: 'x' })) }))
})
const before = { ...process.env }
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'us-east-1',
  })
})
afterAll(() => {
  server.close()
  process.env = before
})

test('a service that the region has not is told from one that the list does not know', async () => {
  const fact = await readRegion('eu-west-1')
  expect(fact).toMatchObject({ region: 'eu-west-1', absent: ['fargate'], unknown: ['stepfunctions'] })
  expect(fact.listed).toContain('lambda')
  expect(Math.max(...asked)).toBeLessThanOrEqual(10)
})
