import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { problemSchema } from '../../../shared/contract/common.ts'
import type { CloudContext } from '../cloud-context.ts'
import { type ApiFront, startApiFront } from './front.ts'

let front: ApiFront
beforeAll(async () => {
  // Nothing of a context is touched by requests that are never read.
  front = await startApiFront({ routes: [] as CloudContext['routes'] } as CloudContext, 0)
})
afterAll(() => front.stop())

const send = async (text: string): Promise<{ status: number; body: Record<string, unknown> }> => {
  const socket = connect(Number(new URL(front.url).port), '127.0.0.1')
  socket.write(text)
  const answer = Buffer.concat(await socket.toArray()).toString()
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  expect(head.toLowerCase()).toContain('content-type: application/problem+json')
  return { status: Number(head.split(' ')[1]), body: JSON.parse(body) }
}

it('an address and headers beyond what is read get problem+json, not an empty answer', async () => {
  const { status, body } = await send(`GET /v1/events?cursor=${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`)
  expect([status, body.code, body.status]).toEqual([413, 'payload_too_large', 413])
  expect(problemSchema.safeParse(body).error).toBeUndefined()
})

it('what is no HTTP gets problem+json as well', async () => {
  const { status, body } = await send('what is this?\r\n\r\n')
  expect([status, body.code]).toEqual([400, 'validation_failed'])
})
