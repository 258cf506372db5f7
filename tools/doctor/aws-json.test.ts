import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callAwsJson } from './aws-json.ts'

const seen: { authorization?: string; target?: string; body: unknown }[] = []
const server = createServer(async (request, response) => {
  const body = JSON.parse(await text(request))
  const { authorization, 'x-amz-target': target } = request.headers
  seen.push({ authorization, target: String(target), body })
  if (body.Name === '/known') return void response.end('{"Parameter":{"Value":"30"}}')
  response.writeHead(400).end('{"__type":"com.amazon#ParameterNotFound","message":"no such parameter"}')
})
const before = { ...process.env }
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-west-1',
  })
})
afterAll(() => {
  server.close()
  process.env = before
})

test('a call is signed for its service and region; the secret does not travel', async () => {
  const answer = await callAwsJson('ssm', 'AmazonSSM.GetParameter', { Name: '/known' })
  expect(answer).toEqual({ Parameter: { Value: '30' } })
  expect(seen[0]).toMatchObject({ target: 'AmazonSSM.GetParameter', body: { Name: '/known' } })
  expect(seen[0]!.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/ssm\/aws4_request, SignedHeaders=[\w;-]*host[\w;-]*, Signature=[0-9a-f]{64}$/,
  )
  expect(JSON.stringify(seen)).not.toContain('"secret"')
})

test('an error has the name that the service gave it', async () => {
  await expect(callAwsJson('ssm', 'AmazonSSM.GetParameter', { Name: '/other' })).rejects.toThrow(
    'ParameterNotFound: no such parameter',
  )
})
