import { jidNormalizedUser, type WASocket } from '@whiskeysockets/baileys'
import { WhatsAppError } from '../errors.ts'
import type { SessionCaches } from '../session-caches.ts'
import { type Ask, iq, makeAsk, translated } from './ask.ts'
import { groupCommands } from './groups.ts'
import { peopleCommands, readProfile } from './people.ts'
import { readingCommands } from './reading.ts'
import type { WhatsAppCommands } from './types.ts'

/** @param whileOpen refuses while the connection is not open, and lets go when it closes */
export const makeCommands = (
  socket: WASocket,
  caches: SessionCaches,
  whileOpen: <T>(work: () => Promise<T>) => Promise<T>,
): WhatsAppCommands => {
  const ask = makeAsk(socket, caches.queries)
  const commands: WhatsAppCommands = {
    ...peopleCommands(socket, ask, caches),
    ...groupCommands(ask, caches),
    ...profileCommands(socket, ask, caches),
    ...readingCommands(socket, ask),
    sendPresence: (state, jid) => translated(() => socket.sendPresenceUpdate(state, jid ?? undefined)),
    subscribePresence: (jid) => translated(() => socket.presenceSubscribe(jid)),
    rejectCall: (callId, callerJid) => translated(() => socket.rejectCall(callId, callerJid)),
  }
  return Object.fromEntries(
    Object.entries(commands).map(([name, method]: [string, (...input: never[]) => Promise<unknown>]) => [
      name,
      (...input: never[]) => whileOpen(() => method(...input)),
    ]),
  ) as unknown as WhatsAppCommands
}

const profileCommands = (
  socket: WASocket,
  ask: Ask,
  caches: SessionCaches,
): Pick<WhatsAppCommands, 'setPicture' | 'ownProfile' | 'setOwnName' | 'setOwnAbout'> => {
  const ownJid = (): string => {
    const id = socket.authState.creds.me?.id
    if (!id) throw new WhatsAppError('not_linked', 'the session is not linked to a phone')
    return jidNormalizedUser(id)
  }
  return {
    setPicture: async (groupId, jpeg) => {
      const target: Record<string, string> = groupId === null ? {} : { target: groupId }
      const picture = jpeg && [{ tag: 'picture', attrs: { type: 'image' }, content: jpeg }]
      await ask(iq('set', 'w:profile:picture', picture ?? undefined, target))
    },
    ownProfile: async () => ({
      ...(await readProfile(socket, caches, ownJid())),
      name: socket.authState.creds.me?.name || null,
    }),
    setOwnName: async (name) => {
      await translated(() => caches.queries.spend(() => socket.updateProfileName(name)))
      // With emitOwnEvents off the library does not notice what it changed itself.
      const { me } = socket.authState.creds
      if (me) socket.ev.emit('creds.update', { me: { ...me, name } })
      // The library tells the new name with a presence that also says "online": the phone would get no more pushes.
      await socket.sendPresenceUpdate('unavailable')
    },
    setOwnAbout: async (about) => {
      await ask(iq('set', 'status', [{ tag: 'status', attrs: {}, content: Buffer.from(about) }]))
    },
  }
}
