import { SendTaskHeartbeatCommand, SendTaskSuccessCommand, type SFNClient } from '../../shared/aws/step-functions.ts'
import type { Log } from '../../shared/log/log.ts'

const BEAT_MS = 60_000

/** How WorkerLifecycle hears of this task. A worker started by hand has nobody to tell. */
export interface TaskCallback {
  start(): void
  stop(): void
  succeed(output: Readonly<Record<string, unknown>>): Promise<void>
}

export const NO_CALLBACK: TaskCallback = { start: () => {}, stop: () => {}, succeed: async () => {} }

export const makeTaskCallback = (stepFunctions: SFNClient, taskToken: string, log: Log): TaskCallback => {
  let timer: NodeJS.Timeout | null = null
  const beat = (): void => {
    stepFunctions.send(new SendTaskHeartbeatCommand({ taskToken })).catch((error) => {
      // The execution may be over; sessions are not its business, so the worker goes on.
      log.warn({ error: String(error) }, 'the task heartbeat was not taken')
    })
  }
  return {
    start: () => {
      beat()
      timer = setInterval(beat, BEAT_MS)
    },
    stop: () => {
      if (timer) clearInterval(timer)
    },
    succeed: async (output) => {
      if (timer) clearInterval(timer)
      try {
        await stepFunctions.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }))
      } catch (error) {
        log.warn({ error: String(error) }, 'the end of the task was not taken; its heartbeat runs out')
      }
    },
  }
}
