import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { parentPort, workerData } from 'node:worker_threads'

/** Inside the thread: loads the handler once, then one invocation at a time, like a Lambda execution environment. */
interface Invocation {
  readonly id: number
  readonly event: unknown
  /** the client of a streamed answer went away */
  readonly cancel?: boolean
  readonly context: { readonly awsRequestId: string; readonly functionName: string; readonly deadlineMs: number }
}

const port = parentPort!

/** What a streamed answer writes to: every chunk is a message to the parent. */
class ResponseStream extends Writable {
  readonly id: number
  constructor(id: number) {
    super({ decodeStrings: true })
    this.id = id
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    port.postMessage({ id: this.id, chunk: new Uint8Array(chunk) })
    done()
  }
}
const STREAMED = Symbol('streamed')
/** The runtime's global of the Node.js managed runtime, as far as we use it. */
Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: object) => Object.assign(handler, { [STREAMED]: true }),
    HttpResponseStream: {
      from: (stream: ResponseStream, head: unknown) => {
        port.postMessage({ id: stream.id, head })
        return stream
      },
    },
  },
})
let streaming: ResponseStream | null = null

const { file, exportName } = workerData as { file: string; exportName: string }

try {
  const module = await import(file)
  const handler = module[exportName]
  if (typeof handler !== 'function') throw new Error(`${file} exports no ${exportName}`)
  port.on('message', async ({ id, event, context, cancel }: Invocation) => {
    if (cancel) return void (streaming?.id === id && streaming.destroy())
    try {
      const lambdaContext = {
        ...context,
        getRemainingTimeInMillis: () => context.deadlineMs - Date.now(),
        invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${context.functionName}`,
      }
      if (handler[STREAMED]) {
        streaming = new ResponseStream(id)
        const over = finished(streaming).catch(() => {}) // the client went away
        await handler(event, streaming, lambdaContext)
        await over
        streaming = null
        return port.postMessage({ id, result: null })
      }
      const result = await handler(event, lambdaContext)
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
