import { parentPort, workerData } from 'node:worker_threads'

/** Inside the thread: loads the handler once, then one invocation at a time, like a Lambda execution environment. */
interface Invocation {
  readonly id: number
  readonly event: unknown
  readonly context: { readonly awsRequestId: string; readonly functionName: string; readonly deadlineMs: number }
}

const { file, exportName } = workerData as { file: string; exportName: string }
const port = parentPort!

try {
  const module = await import(file)
  const handler = module[exportName]
  if (typeof handler !== 'function') throw new Error(`${file} exports no ${exportName}`)
  port.on('message', async ({ id, event, context }: Invocation) => {
    try {
      const result = await handler(event, {
        ...context,
        getRemainingTimeInMillis: () => context.deadlineMs - Date.now(),
        invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${context.functionName}`,
      })
      port.postMessage({ id, result: result === undefined ? null : JSON.parse(JSON.stringify(result)) })
    } catch (error) {
      port.postMessage({ id, error: describe(error) })
    }
  })
  port.postMessage({ ready: true })
} catch (error) {
  port.postMessage({ ready: false, error: describe(error) })
}

function describe(error: unknown): { errorType: string; errorMessage: string; stack: string } {
  const known = error instanceof Error ? error : new Error(String(error))
  return { errorType: known.name, errorMessage: known.message, stack: known.stack ?? '' }
}
