import { jidNormalizedUser, type WASocket } from '@whiskeysockets/baileys'
import type { PresenceUpdate } from './connection.ts'

const STATES: Readonly<Record<string, PresenceUpdate['state']>> = {
  available: 'available',
  unavailable: 'unavailable',
  composing: 'composing',
  recording: 'recording',
  // Stopped to type: there, and not typing.
  paused: 'available',
}

/** What the library hears of others' presence, one update per person. */
export const watchPresence = (socket: Pick<WASocket, 'ev'>, tell: (update: PresenceUpdate) => void): void => {
  socket.ev.on('presence.update', ({ id, presences }) => {
    for (const [personJid, { lastKnownPresence, lastSeen }] of Object.entries(presences)) {
      const state = STATES[lastKnownPresence]
      if (!state) continue
      const lastSeenAt = lastSeen ? lastSeen * 1_000 : null
      tell({ chatJid: jidNormalizedUser(id), personJid: jidNormalizedUser(personJid), state, lastSeenAt })
    }
  })
}
