import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { SQSClientConfig } from '@aws-sdk/client-sqs'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/**
 * Without `info` and `error`: where the logger has them, the SDK copies input and output of each call for it, field by
 * field, also for its own one that throws all away.
 */
const quiet = { trace: () => {}, debug: () => {}, warn: () => {} } as unknown as NonNullable<SQSClientConfig['logger']>

/**
 * Options of every AWS client. Where the calls go is decided by the SDK's own AWS_ENDPOINT_URL* variables alone:
 * production code never knows that it runs locally.
 */
export const clientOptions = (maxSockets = 50) => ({
  maxAttempts: 4,
  logger: quiet,
  requestHandler: new NodeHttpHandler({
    connectionTimeout: 2_000,
    requestTimeout: 30_000,
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets }),
    httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets }),
  }),
})
