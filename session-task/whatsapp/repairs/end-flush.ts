import type { WASocket } from '@whiskeysockets/baileys'

/**
 * Symptom: events of stanzas that were acked already are lost at a disconnect. `end()` destroys the event buffer
 * without flushing it (baileys-facts 0.4).
 */
export const flushEventsAtEnd = (socket: Pick<WASocket, 'ev' | 'registerSocketEndHandler'>): void => {
  socket.registerSocketEndHandler(() => {
    socket.ev.flush()
  })
}
