import type { SessionLog } from '../auth-log/session-log.ts'

const OPEN = 1

type SendCallback = (error?: Error) => void

/** The part of a WebSocket that the gate takes over. */
export interface RawSocket {
  readonly readyState: number
  send(data: Uint8Array, callback?: SendCallback): void
}

export interface WireGateLimits {
  readonly frames: number
  readonly bytes: number
}

const DEFAULT_GATE_LIMITS: WireGateLimits = { frames: 2_000, bytes: 16 * 1024 * 1024 }

export interface WireGate {
  readonly queuedFrames: number
  /** Resolves when the queue is empty: everything left, or nothing can leave any more. */
  drain(): Promise<void>
  /** From now on nothing leaves; what waits is dropped. */
  shut(): void
}

/**
 * Output commit: a frame leaves when every record appended before it was handed over is durable, in the order of
 * hand-over. The library's callback fires at once, so that its locks never wait for storage. Frames are encrypted
 * with a counter before they come here, so none may overtake another, not even a ping.
 * @param onFailure called once: the log was lost, or the queue is full because storage is too slow
 */
export const installWireGate = (
  socket: RawSocket,
  log: Pick<SessionLog, 'lastLsn' | 'durableLsn' | 'durable'>,
  onFailure: (failure: 'log_lost' | 'backpressure') => void,
  limits: WireGateLimits = DEFAULT_GATE_LIMITS,
): WireGate => {
  const sendRaw = socket.send.bind(socket)
  const queue: { readonly data: Uint8Array; readonly lsn: number }[] = []
  let queuedBytes = 0
  let confirmedLsn = 0
  let isWaiting = false
  let isShut = false
  let waiters: (() => void)[] = []

  const releaseWaiters = (): void => {
    const released = waiters
    waiters = []
    for (const release of released) release()
  }

  const shut = (): void => {
    isShut = true
    queue.length = 0
    queuedBytes = 0
    releaseWaiters()
  }

  const fail = (failure: 'log_lost' | 'backpressure'): void => {
    if (isShut) return
    shut()
    onFailure(failure)
  }

  const pump = (): void => {
    while (!isWaiting && !isShut) {
      const head = queue[0]
      if (!head) {
        releaseWaiters()
        return
      }
      if (head.lsn > Math.max(confirmedLsn, log.durableLsn)) {
        isWaiting = true
        log.durable(head.lsn).then(
          () => {
            isWaiting = false
            confirmedLsn = Math.max(confirmedLsn, head.lsn)
            pump()
          },
          () => fail('log_lost'),
        )
        return
      }
      queue.shift()
      queuedBytes -= head.data.byteLength
      // a socket that closed meanwhile reports itself by its close event
      if (socket.readyState === OPEN) sendRaw(head.data)
    }
  }

  socket.send = (data: Uint8Array, callback?: SendCallback): void => {
    if (isShut) {
      queueMicrotask(() => callback?.(new Error('the wire gate is shut')))
      return
    }
    queue.push({ data, lsn: log.lastLsn })
    queuedBytes += data.byteLength
    if (queue.length > limits.frames || queuedBytes > limits.bytes) fail('backpressure')
    queueMicrotask(() => callback?.())
    pump()
  }

  return {
    get queuedFrames() {
      return queue.length
    },
    drain: () =>
      new Promise((resolve) => {
        if (queue.length === 0 || isShut) resolve()
        else waiters.push(resolve)
      }),
    shut,
  }
}
