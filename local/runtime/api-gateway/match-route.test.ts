import { expect, it } from 'vitest'
import { matchRoute } from './match-route.ts'

const route = (method: string, path: string) => ({ method, path, functionArn: `${method} ${path}` })
const routes = [
  route('ANY', '/'),
  route('ANY', '/{proxy+}'),
  route('GET', '/v1/sessions'),
  route('GET', '/v1/sessions/{sessionId}'),
  route('GET', '/v1/sessions/own'),
  route('POST', '/v1/sessions/{sessionId}/link'),
]

it.each([
  ['GET', '/v1/sessions', 'GET /v1/sessions', null],
  ['GET', '/v1/sessions/', 'GET /v1/sessions', null],
  ['GET', '/v1/sessions/ses_1', 'GET /v1/sessions/{sessionId}', { sessionId: 'ses_1' }],
  ['GET', '/v1/sessions/own', 'GET /v1/sessions/own', null],
  ['POST', '/v1/sessions/a%2Fb/link', 'POST /v1/sessions/{sessionId}/link', { sessionId: 'a/b' }],
  ['DELETE', '/v1/sessions', 'ANY /{proxy+}', { proxy: 'v1/sessions' }],
  ['GET', '/nothing/here', 'ANY /{proxy+}', { proxy: 'nothing/here' }],
  ['GET', '/', 'ANY /', null],
])('%s %s → %s', (method, path, arn, parameters) => {
  const match = matchRoute(routes, method, path)
  expect([match?.route.functionArn, match?.pathParameters]).toEqual([arn, parameters])
})
