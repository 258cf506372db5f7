import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/**
 * Options of every AWS client. Where the calls go is decided by the SDK's own AWS_ENDPOINT_URL* variables alone:
 * production code never knows that it runs locally.
 */
export const clientOptions = (maxSockets = 50) => ({
  maxAttempts: 4,
  requestHandler: new NodeHttpHandler({
    connectionTimeout: 2_000,
    requestTimeout: 30_000,
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets }),
    httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets }),
  }),
})
