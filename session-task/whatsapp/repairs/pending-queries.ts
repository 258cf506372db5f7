import type { WASocket } from '@whiskeysockets/baileys'
import { DisconnectError } from '../disconnect.ts'

const CONNECTION_CLOSED = 428

/**
 * Symptom: after a close, whoever waits for an answer waits for the whole query time-out (60 s), and the dead socket
 * with all it holds stays in memory as long. `end()` removes the very listeners that should reject those queries.
 * They listen for errors too; the library's own error listener finds the socket ended and does nothing.
 */
export const rejectQueriesAtEnd = (socket: Pick<WASocket, 'ws' | 'registerSocketEndHandler'>): void => {
  socket.registerSocketEndHandler(() => {
    socket.ws.emit('error', new DisconnectError(CONNECTION_CLOSED, 'Connection Closed'))
  })
}
