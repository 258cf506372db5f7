import type { WASocket } from '@whiskeysockets/baileys'

/** Whether this account may open new chats, as WhatsApp says. `until` in epoch milliseconds, null: it did not say. */
export interface NewChatLimit {
  readonly code: 'reachout_timelock' | 'new_chat_cap'
  readonly isActive: boolean
  readonly until: number | null
}

const CAPPED = 'CAPPED'

/** Cap information as WhatsApp sends it; times in seconds, numbers sometimes as text. */
export const parseCap = (info: unknown): NewChatLimit | null => {
  const { capping_status: status, cycle_end_timestamp: end } = (info ?? {}) as Record<string, unknown>
  if (typeof status !== 'string') return null
  const seconds = Number(end)
  return { code: 'new_chat_cap', isActive: status === CAPPED, until: seconds > 0 ? seconds * 1_000 : null }
}

type LimitedSocket = Pick<WASocket, 'ev' | 'fetchAccountReachoutTimelock' | 'fetchNewChatMessageCap'>

/**
 * Tells what WhatsApp says about new chats: after an answer to `readNewChatLimits`, and on its own notifications.
 */
export const watchNewChatLimits = (socket: LimitedSocket, onLimit: (limit: NewChatLimit) => void): void => {
  socket.ev.on('connection.update', ({ reachoutTimeLock: lock }) => {
    if (!lock) return
    const until = lock.timeEnforcementEnds?.getTime() ?? null
    onLimit({ code: 'reachout_timelock', isActive: lock.isActive === true, until })
  })
  socket.ev.on('message-capping.update', (info) => {
    const limit = parseCap(info)
    if (limit) onLimit(limit)
  })
}

/** Asks; the answers come as limits. @throws what the queries throw, a time-out above all */
export const readNewChatLimits = async (
  socket: LimitedSocket,
  onLimit: (limit: NewChatLimit) => void,
): Promise<void> => {
  // Its answer arrives as a connection.update.
  await socket.fetchAccountReachoutTimelock()
  const limit = parseCap(await socket.fetchNewChatMessageCap())
  if (limit) onLimit(limit)
}
