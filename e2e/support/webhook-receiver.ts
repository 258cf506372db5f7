import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

export interface ReceivedWebhook {
  readonly id: string
  readonly event: any
  readonly verified: boolean
  readonly at: number
}

/** A customer's server: verifies each POST with the Standard Webhooks reference library and keeps it. */
export const startWebhookReceiver = async () => {
  const received: ReceivedWebhook[] = []
  let secret: string | null = null
  let status = 200
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      let verified = false
      try {
        new Webhook(secret ?? '').verify(body, request.headers as Record<string, string>)
        verified = true
      } catch {
        // stays unverified: the scenario asserts on it
      }
      received.push({ id: String(request.headers['webhook-id']), event: JSON.parse(body), verified, at: Date.now() })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    useSecret: (value: string) => {
      secret = value
    },
    answerWith: (value: number) => {
      status = value
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
