import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'

export interface AwsCalls {
  /** action, as DynamoDB and SQS name it → calls */
  readonly byAction: ReadonlyMap<string, number>
  readonly bytes: number
}

/** What this process asked of AWS services that speak JSON while the work ran, whichever client asked. */
export const countAwsCalls = async (work: () => Promise<unknown>): Promise<AwsCalls> => {
  const byAction = new Map<string, number>()
  let bytes = 0
  const onStart = (message: unknown): void => {
    const { request } = message as { request: ClientRequest }
    const action = String(request.getHeader('x-amz-target') ?? 'none').replace(/^.*\./, '')
    byAction.set(action, (byAction.get(action) ?? 0) + 1)
    bytes += Number(request.getHeader('content-length') ?? 0)
  }
  subscribe('http.client.request.start', onStart)
  try {
    await work()
  } finally {
    unsubscribe('http.client.request.start', onStart)
  }
  return { byAction, bytes }
}
