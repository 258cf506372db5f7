import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { toProxyEvent } from './proxy-event.ts'

it.each(['__proto__', 'constructor', 'toString'])('a parameter and a header may be called %s', (name) => {
  const event = toProxyEvent({
    request: { headers: {}, rawHeaders: [name, 'h'], method: 'GET', socket: {} } as unknown as IncomingMessage,
    url: new URL(`http://x/v1/sessions?${name}=1&${name}=2`),
    body: Buffer.alloc(0),
    match: { route: { path: '/v1/sessions' }, pathParameters: null } as never,
    requestId: 'r',
    binaryMediaTypes: new Set(),
  })
  // As a lambda gets it: from JSON.
  const received = JSON.parse(JSON.stringify(event))
  expect(Object.entries(received.multiValueQueryStringParameters)).toEqual([[name, ['1', '2']]])
  expect(Object.entries(received.headers)).toEqual([[name, 'h']])
})
