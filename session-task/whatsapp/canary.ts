import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { Log } from '../../shared/log/log.ts'
import { DISCONNECT_MESSAGES, DisconnectError } from './disconnect.ts'

const CONNECTION_LOST = 408

export interface CanaryLimits {
  readonly intervalMs: number
  /** how long an answer may take */
  readonly timeoutMs: number
  /** after a silent one the next is sent this much later; two in a row, and the connection is deaf */
  readonly retryMs: number
}

export const CANARY_LIMITS: CanaryLimits = { intervalMs: 5 * 60_000, timeoutMs: 20_000, retryMs: 30_000 }

/** How many pre-keys the server has of us: small, and answered by what serves messages, unlike a ping. */
const countPreKeys = (): BinaryNode => ({
  tag: 'iq',
  attrs: { xmlns: 'encrypt', type: 'get', to: '@s.whatsapp.net' },
  content: [{ tag: 'count', attrs: {} }],
})

/** A refusal is an answer too. The library makes a time-out an error without `data`, or no result at all. */
const isAnswered = async (socket: Pick<WASocket, 'query'>, timeoutMs: number): Promise<boolean> => {
  try {
    return (await socket.query(countPreKeys(), timeoutMs)) !== undefined
  } catch (error) {
    return typeof (error as { data?: unknown }).data === 'number'
  }
}

/**
 * A connection can answer pings and serve nothing else (baileys-facts §1.7): now and then it is asked something real.
 * Two questions in a row without an answer, and it is replaced. Costs one small query in five minutes.
 * @returns start (when the connection is open) and stop
 */
export const keepCanary = (
  socket: Pick<WASocket, 'query' | 'end'>,
  logger: Log,
  limits: CanaryLimits = CANARY_LIMITS,
  random: () => number = Math.random,
): { start: () => void; stop: () => void } => {
  let timer: NodeJS.Timeout | null = null
  let isStopped = false
  const ask = async (silentBefore: number): Promise<void> => {
    const answered = await isAnswered(socket, limits.timeoutMs)
    if (isStopped) return
    const silent = answered ? 0 : silentBefore + 1
    if (silent === 1) logger.warn('the connection did not answer a question, it gets another one')
    if (silent < 2) return askIn(silent === 0 ? spread(limits.intervalMs) : limits.retryMs, silent)
    logger.error({ reason: DISCONNECT_MESSAGES.canarySilent }, 'the connection is deaf and is replaced')
    await socket.end(new DisconnectError(CONNECTION_LOST, DISCONNECT_MESSAGES.canarySilent))
  }
  const spread = (ms: number): number => ms * (0.8 + 0.4 * random())
  const askIn = (ms: number, silent: number): void => {
    timer = setTimeout(() => void ask(silent), ms)
    timer.unref()
  }
  return {
    start: () => askIn(spread(limits.intervalMs), 0),
    stop: () => {
      isStopped = true
      if (timer) clearTimeout(timer)
    },
  }
}
