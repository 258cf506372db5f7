import type { WASocket } from '@whiskeysockets/baileys'
import { DISCONNECT_MESSAGES, DisconnectError } from '../disconnect.ts'

const REQUEST_TIMEOUT = 408
const LOGIN_TIMEOUT_MS = 40_000

/**
 * Symptom: a session stays "connecting" for ever. A server that answers pings but never sends `<success>` produces no
 * event at all (simulator-facts §3). A first QR counts as an answer: its own refs run out later.
 */
export const watchLogin = (socket: Pick<WASocket, 'ws' | 'ev' | 'end'>, timeoutMs: number = LOGIN_TIMEOUT_MS): void => {
  const timer = setTimeout(() => {
    void socket.end(new DisconnectError(REQUEST_TIMEOUT, DISCONNECT_MESSAGES.loginTimedOut))
  }, timeoutMs)
  socket.ws.on('CB:success', () => clearTimeout(timer))
  socket.ev.on('connection.update', ({ qr, connection }) => {
    if (qr || connection === 'close') clearTimeout(timer)
  })
}
