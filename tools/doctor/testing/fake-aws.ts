import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface FakeCall {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  readonly body: any
}

export interface FakeAws {
  readonly url: string
  readonly calls: readonly FakeCall[]
  stop(): void
}

/**
 * One HTTP server in place of every AWS endpoint, and the environment that leads the clients of this process to it until it is
 * stopped. @param answer of a call; the status is 200 unless it says another one
 */
export const startFakeAws = async (
  answer: (call: FakeCall) => { readonly status?: number; readonly body: unknown },
): Promise<FakeAws> => {
  const calls: FakeCall[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const { method = '', url: path = '', headers } = request
    const call = { method, path, headers, body: body ? JSON.parse(body) : null }
    calls.push(call)
    const { status = 200, body: said } = answer(call)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const before = { ...process.env }
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-west-1',
  })
  return {
    url,
    calls,
    stop: () => {
      server.close()
      process.env = before
    },
  }
}
