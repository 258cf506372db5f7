import { afterAll, beforeAll, expect, test } from 'vitest'
import { callAwsJson } from './aws-json.ts'
import { type FakeAws, startFakeAws } from './testing/fake-aws.ts'

let aws: FakeAws
beforeAll(async () => {
  aws = await startFakeAws(({ body }) =>
    body.Name === '/known'
      ? { body: { Parameter: { Value: '30' } } }
      : { status: 400, body: { __type: 'com.amazon#ParameterNotFound', message: 'no such parameter' } },
  )
})
afterAll(() => aws.stop())

test('a call is signed for its service and region; the secret does not travel', async () => {
  const answer = await callAwsJson('ssm', 'AmazonSSM.GetParameter', { Name: '/known' })
  expect(answer).toEqual({ Parameter: { Value: '30' } })
  const [call] = aws.calls
  expect(call).toMatchObject({ headers: { 'x-amz-target': 'AmazonSSM.GetParameter' }, body: { Name: '/known' } })
  expect(call?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/ssm\/aws4_request, SignedHeaders=[\w;-]*host[\w;-]*, Signature=[0-9a-f]{64}$/,
  )
  expect(JSON.stringify(aws.calls)).not.toContain('"secret"')
})

test('an error has the name that the service gave it', async () => {
  await expect(callAwsJson('ssm', 'AmazonSSM.GetParameter', { Name: '/other' })).rejects.toThrow(
    'ParameterNotFound: no such parameter',
  )
})
