import type { WASocket } from '@whiskeysockets/baileys'
import type { SessionCaches } from './session-caches.ts'

/** What WhatsApp holds against the account itself, whoever it writes to. Times in epoch milliseconds. */
export type Restriction =
  /** new chats are refused (nack 463 to cold contacts); chats that exist go on */
  | {
      readonly kind: 'newChatsLocked'
      readonly isActive: boolean
      readonly until: number | null
      /** WhatsApp's own name of the reason */
      readonly reason: string | null
    }
  /** how many new chats the account may start in this cycle */
  | {
      readonly kind: 'newChatsCapped'
      readonly isActive: boolean
      readonly until: number | null
      readonly used: number | null
      readonly total: number | null
    }

type RestrictedSocket = Pick<WASocket, 'ev' | 'fetchAccountReachoutTimelock' | 'fetchNewChatMessageCap'>
type Lock = Awaited<ReturnType<RestrictedSocket['fetchAccountReachoutTimelock']>>
type Cap = Awaited<ReturnType<RestrictedSocket['fetchNewChatMessageCap']>>

const CAPPED = 'CAPPED'

const secondsToMs = (seconds: string | undefined): number | null =>
  Number(seconds) > 0 ? Number(seconds) * 1_000 : null

export const describeLock = ({ isActive, timeEnforcementEnds, enforcementType }: Lock): Restriction => ({
  kind: 'newChatsLocked',
  isActive: isActive === true,
  until: timeEnforcementEnds?.getTime() ?? null,
  reason: enforcementType ?? null,
})

export const describeCap = (cap: Cap): Restriction => ({
  kind: 'newChatsCapped',
  isActive: cap.capping_status === CAPPED,
  until: secondsToMs(cap.cycle_end_timestamp),
  used: cap.used_quota ?? null,
  total: cap.total_quota ?? null,
})

/** Reports what WhatsApp says by itself, and what `readRestrictions` asked for. */
export const reportRestrictions = (
  socket: Pick<RestrictedSocket, 'ev'>,
  onRestriction: (restriction: Restriction) => void,
): void => {
  socket.ev.on('connection.update', ({ reachoutTimeLock }) => {
    if (reachoutTimeLock) onRestriction(describeLock(reachoutTimeLock))
  })
  socket.ev.on('message-capping.update', (cap) => onRestriction(describeCap(cap)))
}

/**
 * Asks for both. The lock is also reported by its event, the cap only here.
 * @throws WhatsAppError rate_limited; what the query throws: nothing is known
 */
export const readRestrictions = async (
  socket: RestrictedSocket,
  caches: Pick<SessionCaches, 'queries'>,
): Promise<readonly Restriction[]> => {
  const lock = await caches.queries.spend(() => socket.fetchAccountReachoutTimelock())
  const cap = await caches.queries.spend(() => socket.fetchNewChatMessageCap())
  // a query that timed out resolves with nothing
  return [describeLock(lock), ...(cap ? [describeCap(cap)] : [])]
}
