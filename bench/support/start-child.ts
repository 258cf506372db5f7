import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ChildAnswer, ChildOptions, ChildRequest } from './child-protocol.ts'

export interface BenchChild {
  readonly pid: number
  ask(request: ChildRequest): Promise<ChildAnswer>
  stop(): Promise<void>
}

/** `bare`: unmodified Baileys; `engine`: the worker's connection and log on a device in memory. Each its own process. */
export const startChild = async (kind: 'bare' | 'engine', options: ChildOptions): Promise<BenchChild> => {
  const child = fork(join(import.meta.dirname, '../children', `${kind}.ts`), [JSON.stringify(options)], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const answers = async (): Promise<any> => {
    const over = new AbortController()
    const { signal } = over
    const [message] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => [{ error: `the ${kind} child ended with code ${code}` }]),
    ]).finally(() => over.abort())
    if (message.error) throw new Error(message.error)
    return message.answer
  }
  await answers()
  return {
    pid: child.pid ?? 0,
    ask: (request) => {
      const answer = answers()
      child.send(request)
      return answer
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
